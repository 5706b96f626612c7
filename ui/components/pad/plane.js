// The plane: points, the true line and its handles, a curve for each method, the query.

/** @import { Scale } from "../shared/geometry.js" */
/** @import { Tick } from "./axis.js" */
/** @import { Lab } from "./lab.js" */

import { fit, put, set, svg } from "../shared/dom.js";
import { pathOf, scale, spaced, spread, stretches } from "../shared/geometry.js";
import { clamp, show } from "../shared/numbers.js";
import { add, moveGuess, moveHandle, movePoint, moveQuery, remove, said } from "./gestures.js";
import { keyOnGuess, keyOnHandle, keyOnPoint, keyOnQuery } from "./keyboard.js";
import { HANDLES } from "./state.js";

const IN_A_ROOM = 380; // px of the plane from which on names stand beside it
const LETTER = 7; // px that a digit takes, at most
const LETTER_GAP = 18; // px from one number of the upright axis to the next, at least

/** @typedef {{ kind: "point" | "handle" | "query" | "guess", index: number }} Grip */

export class Plane {
  /** @type {Scale} */
  sx;
  /** @type {Scale} */
  sy;
  zoom = 1;
  width = 0;
  height = 0;
  labelled = false;
  gridKey = "";
  guessText = svg("text", { "text-anchor": "middle", y: -16 });
  dragged = false;
  /** @type {Grip | null} What is being dragged. */
  drag = null;
  /** @type {Grip | null} What was under the pointer when it went down. */
  held = null;
  /** @type {{ index: number, time: number } | null} */
  tapped = null;

  /** @param {Lab} lab @param {HTMLElement} host */
  constructor(lab, host) {
    this.lab = lab;
    this.root = svg("svg", { class: "plane", role: "group" });
    host.append(this.root);
    this.clip = `clip-${Math.random().toString(36).slice(2)}`;
    this.frame = svg("rect", {}, svg("clipPath", { id: this.clip }, svg("defs", {}, this.root)));
    this.grid = svg("g", { class: "grid" }, this.root);
    const clipped = svg("g", { "clip-path": `url(#${this.clip})` }, this.root);
    this.behind = svg("g", { class: "behind" }, clipped);
    this.band = svg("g", { class: "band" }, clipped);
    this.outline = svg("g", { class: "outline" }, clipped);
    this.apart = svg("g", { class: "apart" }, clipped);
    this.truth = svg("path", { class: "truth" }, clipped);
    this.layer = svg("path", { class: "layerLine" }, clipped);
    this.curves = svg("g", {}, clipped);
    this.queryLine = svg("path", { class: "queryLine" }, clipped);
    this.readings = svg("g", {}, clipped);
    this.points = svg("g", {}, this.root);
    this.handles = svg("g", {}, this.root);
    this.invitation = this.makeInvitation();
    this.query = this.makeQuery();
    this.guess = this.makeGuess();
    this.labels = svg("g", { class: "labels" }, this.root);
    this.empty = svg("text", { class: "empty", "text-anchor": "middle" }, this.root);
    this.axes = { x: 3, y: 4 };
    this.listen();
  }

  makeQuery() {
    const node = svg("g", { class: "query", tabindex: 0, role: "slider" }, this.root);
    svg("rect", { class: "hit", x: -16, y: -14, width: 32, height: 34 }, node);
    svg("path", { d: "M0-6L9 8H-9Z" }, node);
    node.onkeydown = (event) => keyOnQuery(this.lab, event);
    node.onpointerdown = (event) => this.grab(event, { kind: "query", index: 0 });
    return node;
  }

  makeGuess() {
    const node = svg("g", { class: "guess" }, this.root);
    svg("rect", { class: "hit", x: -18, y: -18, width: 36, height: 36 }, node);
    svg("path", { d: "M0-10L10 0L0 10L-10 0Z" }, node);
    node.append(this.guessText);
    node.onkeydown = (event) => keyOnGuess(this.lab, event);
    node.onpointerdown = (event) => this.grab(event, { kind: "guess", index: 0 });
    return node;
  }

  makeInvitation() {
    const node = svg("g", { class: "invitation", "aria-hidden": "true" }, this.root);
    svg("circle", { class: "still", r: 13 }, node);
    svg("circle", { class: "pulse", r: 13 }, node);
    svg("path", { d: "M0-30V-19M0 30V19M-4-25L0-30L4-25M-4 25L0 30L4 25" }, node);
    svg("text", { "text-anchor": "middle", y: -38 }, node).textContent = "drag me";
    return node;
  }

  // The finger is invited to the leftmost example: it turns the line, and no name lies there.
  drawInvitation() {
    const { opening, screen } = this.lab;
    const first = [...screen.points].sort(([a], [b]) => a - b)[0];
    const shown = opening.invites && !opening.stage && first;
    this.invitation.style.display = shown ? "" : "none";
    if (!first) return;
    set(this.invitation, {
      transform: `translate(${this.sx(first[0])} ${this.sy(first[1])})`,
    });
  }

  listen() {
    this.root.onclick = (event) => {
      if (this.lab.opening.hasJustEnded) return;
      if (this.held) return; // a captured pointer's click lands here, whatever it held
      const [x, y] = this.locate(event);
      if (Math.abs(x) > this.axes.x || Math.abs(y) > this.axes.y) return;
      if (this.lab.asking) moveGuess(this.lab, y, true);
      else add(this.lab, x, y);
    };
    this.root.onpointermove = (event) => this.move(event);
    this.root.onpointerup = () => this.release();
    this.root.onpointercancel = () => this.release();
    this.root.onpointerdown = () => {
      this.held = null;
    };
  }

  /** @param {MouseEvent} event */
  locate(event) {
    const box = this.root.getBoundingClientRect();
    const x = this.sx.invert((event.clientX - box.left) / this.zoom);
    return [x, this.sy.invert((event.clientY - box.top) / this.zoom)];
  }

  /** @param {PointerEvent} event @param {Grip} what */
  grab(event, what) {
    if (event.button || this.lab.asking !== (what.kind === "guess")) return;
    event.preventDefault();
    /** @type {SVGElement} */ (event.currentTarget).focus({ preventScroll: true });
    this.root.setPointerCapture(event.pointerId);
    this.drag = this.held = what;
    this.dragged = false;
    event.stopPropagation();
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.drag) return;
    this.dragged = true;
    const [x, y] = this.locate(event);
    const inX = clamp(x, -this.axes.x, this.axes.x);
    const inY = clamp(y, -this.axes.y, this.axes.y);
    if (this.drag.kind === "point") movePoint(this.lab, this.drag.index, inX, inY);
    if (this.drag.kind === "query") moveQuery(this.lab, inX);
    if (this.drag.kind === "guess") moveGuess(this.lab, inY, false);
    if (this.drag.kind === "handle") moveHandle(this.lab, this.drag.index, inY);
  }

  release() {
    if (this.drag && this.dragged)
      this.lab.emit(true, this.drag.kind === "guess" ? { guess: this.lab.guess } : {});
    else if (this.drag?.kind === "point") this.tap(this.drag.index);
    this.drag = null;
  }

  /**
   * The second tap on a point deletes it; a captured pointer gives the point no dblclick.
   *
   * @param {number} index
   */
  tap(index) {
    const now = Date.now();
    const soon = this.tapped?.index === index && now - this.tapped.time < 500;
    this.tapped = soon ? null : { index, time: now };
    if (soon) remove(this.lab, index);
  }

  /**
   * Zoomed, everything on the plane is larger, lines and letters too.
   *
   * @param {number} width
   * @param {number} height
   * @param {number} zoom
   */
  resize(width, height, zoom) {
    this.zoom = zoom;
    this.width = width / zoom;
    this.height = height / zoom;
    set(this.root, { viewBox: `0 0 ${this.width} ${this.height}`, height });
    this.labelled = this.width > (zoom > 1 ? IN_A_ROOM : 520);
  }

  draw() {
    const { lab, width, height } = this;
    const data = lab.data;
    if (!this.drag) this.axes = data.axes;
    const upright = this.upright();
    const longest = Math.max(...upright.map(({ label }) => label.length));
    const left = Math.max(42, LETTER * longest + (data.units ? 30 : 18));
    const right = width - (this.labelled ? 96 : 10);
    const [top, bottom] = [8, height - 44];
    this.sx = scale(-this.axes.x, this.axes.x, left, right);
    this.sy = scale(-this.axes.y, this.axes.y, bottom, top);
    set(this.frame, { x: left, y: top, width: right - left, height: bottom - top });
    this.drawGrid(left, right, top, bottom, upright);
    this.drawBehind();
    this.drawBand();
    this.drawApart();
    this.drawTruth();
    this.drawCurves();
    this.drawLayer();
    this.drawQuery(top, bottom);
    this.drawGuess();
    this.drawPoints();
    this.drawInvitation();
    this.drawLabels(right, top, bottom);
    const bare = lab.screen.points.length === 0 && !lab.opening.stage;
    put(this.empty, { textContent: bare ? "Click anywhere to give the first example" : "" });
    set(this.empty, { x: (left + right) / 2, y: top + 28 });
  }

  upright() {
    const room = this.height - 52;
    return this.lab.y.ticks(this.axes.y, (LETTER_GAP * 2 * this.axes.y) / room);
  }

  /**
   * @param {number} left @param {number} right @param {number} top @param {number} bottom
   * @param {Tick[]} upright
   */
  drawGrid(left, right, top, bottom, upright) {
    const { x: acrossAxis, y: uprightAxis, measured } = this.lab;
    const key = [left, right, top, bottom, this.axes.x, this.axes.y, measured].join();
    if (key === this.gridKey) return;
    this.gridKey = key;
    set(this.root, { "aria-label": `Plane of ${acrossAxis.name} and ${uprightAxis.name}` });
    this.grid.replaceChildren();
    svg(
      "rect",
      { class: "paper", x: left, y: top, width: right - left, height: bottom - top },
      this.grid,
    );
    for (const { at, label, isZero } of acrossAxis.ticks(this.axes.x)) {
      const x = this.sx(at);
      svg("path", { d: `M${x} ${top}V${bottom}`, class: isZero ? "zero" : "" }, this.grid);
      svg("text", { x, y: bottom + 24, "text-anchor": "middle" }, this.grid).textContent = label;
    }
    for (const { at, label, isZero } of upright) {
      const y = this.sy(at);
      svg("path", { d: `M${left} ${y}H${right}`, class: isZero ? "zero" : "" }, this.grid);
      svg("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, this.grid).textContent = label;
    }
    const [middle, half] = [(left + right) / 2, (top + bottom) / 2];
    this.title(acrossAxis.name, middle, bottom + 40, right - left);
    this.title(uprightAxis.name, 8, half + 4, bottom - top);
  }

  /**
   * What an axis measures; beside the upright one a letter stands, and a name lies.
   *
   * @param {string} name @param {number} x @param {number} y @param {number} room px
   */
  title(name, x, y, room) {
    const lies = x === 8 && name.length > 1;
    const turned = lies ? `rotate(-90 ${x + 4} ${y}) translate(4 0)` : null;
    const most = Math.floor(room / LETTER);
    const look = { class: "axisTitle", "text-anchor": "middle", transform: turned, x, y };
    svg("text", look, this.grid).textContent =
      name.length > most ? `${name.slice(0, most - 1)}…` : name;
  }

  drawApart() {
    const points = this.lab.data.apart ?? [];
    fit(this.apart, points.length, () => svg("circle", { r: 4 }));
    points.forEach(([x, y], i) => set(this.apart.children[i], { cx: this.sx(x), cy: this.sy(y) }));
  }

  // Lines that a network has seen, say: the likelier one is, the heavier it is drawn.
  drawBehind() {
    const { lines, shares } = this.lab.data.behind ?? { lines: [], shares: [] };
    const ends = [-this.axes.x, this.axes.x];
    fit(this.behind, lines.length, () => svg("path", {}));
    lines.forEach(([slope, offset], i) => {
      const ys = ends.map((x) => slope * x + offset);
      set(this.behind.children[i], {
        d: pathOf(ends, ys, this.sx, this.sy),
        "stroke-width": 1 + 5 * shares[i],
        opacity: Math.min(0.25, 4 / lines.length) + 0.3 * shares[i],
      });
    });
  }

  drawBand() {
    const { band, outline } = this.lab.data;
    this.drawEdges(this.band, band, "fill");
    this.drawEdges(this.outline, outline, "stroke");
  }

  // There and back again: along the high edge, and back along the low one.
  /**
   * @param {SVGElement} group
   * @param {import("./types.js").Band | null | undefined} band
   * @param {"fill" | "stroke"} painted
   */
  drawEdges(group, band, painted) {
    const { lab } = this;
    const shown = band && lab.shown().includes(band.method) ? band.edges : [];
    fit(group, shown.length, () => svg("path", {}));
    shown.forEach(([low, high], i) => {
      const xs = spaced(lab.data.axes.x, low.length);
      const pieces = stretches(low).map(([from, to]) => {
        const [there, under] = [xs.slice(from, to), low.slice(from, to)];
        const around = there.concat([...there].reverse());
        const ys = high.slice(from, to).concat([...under].reverse());
        return `${pathOf(around, ys, this.sx, this.sy)}Z`;
      });
      const colour = band ? lab.colour(band.method) : "";
      set(group.children[i], { d: pieces.join(""), [painted]: colour });
    });
  }

  drawTruth() {
    const { truth, truthCurve, data } = this.lab;
    const [slope, offset] = truth ?? [0, 0];
    const value = (/** @type {number} */ x) => slope * x + offset;
    const ends = [-this.axes.x, this.axes.x];
    const xs = truthCurve ? spaced(data.axes.x, truthCurve.length) : ends;
    set(this.truth, {
      d: truth || truthCurve ? pathOf(xs, truthCurve ?? ends.map(value), this.sx, this.sy) : "",
      stroke: this.lab.colour("truth"),
    });
    fit(this.handles, truth ? HANDLES.length : 0, (index) => this.makeHandle(index));
    [...this.handles.children].forEach((node, index) => {
      const x = HANDLES[index] * this.axes.x;
      const y = clamp(value(x), -this.axes.y, this.axes.y);
      set(node, {
        transform: `translate(${this.sx(x)} ${this.sy(y)})`,
        "aria-label": `Handle of the true line at x ${show(x)}, y ${show(value(x))}`,
      });
    });
  }

  /** @param {number} index */
  makeHandle(index) {
    const node = svg("g", { class: "handle", tabindex: 0, role: "button" });
    svg("circle", { class: "hit", r: 16 }, node);
    svg("rect", { x: -7, y: -7, width: 14, height: 14, rx: 3 }, node);
    node.onpointerdown = (event) => this.grab(event, { kind: "handle", index });
    node.onkeydown = (event) => keyOnHandle(this.lab, event, index);
    return node;
  }

  drawCurves() {
    const { lab } = this;
    const names = lab.shown();
    fit(this.curves, names.length, () => svg("path", { class: "curve" }));
    names.forEach((name, i) => {
      const ys = lab.data.curves[name];
      const style = lab.styles[name];
      set(this.curves.children[i], {
        d: pathOf(spaced(lab.data.axes.x, ys.length), ys, this.sx, this.sy),
        stroke: lab.colour(name),
        "stroke-width": style.width,
        "stroke-dasharray": style.dash || null,
        "data-method": name,
      });
    });
  }

  drawLayer() {
    const { lab } = this;
    const curve = lab.layerCurve();
    // A network that is left out of the page has no layers here, and no colour.
    if (!curve) return set(this.layer, { d: "" });
    set(this.layer, {
      d: pathOf(spaced(lab.data.axes.x, curve.length), curve, this.sx, this.sy),
      stroke: lab.colour(lab.network),
    });
  }

  /** @param {number} top @param {number} bottom */
  drawQuery(top, bottom) {
    const { lab } = this;
    const x = this.sx(lab.screen.query);
    set(this.queryLine, { d: `M${x} ${top}V${bottom}` });
    set(this.query, {
      transform: `translate(${x} ${bottom + 2})`,
      "aria-label": `Query ${lab.x.name}`,
      "aria-valuemin": lab.x.value(-this.axes.x),
      "aria-valuemax": lab.x.value(this.axes.x),
      "aria-valuenow": lab.x.value(lab.screen.query).toFixed(2),
      "aria-valuetext": `${lab.x.name} ${lab.x.show(lab.screen.query)}`,
    });
    const names = lab.shown();
    fit(this.readings, names.length, () => svg("circle", { r: 5, class: "reading" }));
    names.forEach((name, i) => {
      const answer = lab.data.at_query[name];
      set(this.readings.children[i], {
        cx: x,
        cy: this.sy(clamp(answer ?? 0, -1e3, 1e3)),
        fill: lab.colour(name),
        display: answer === null ? "none" : null,
      });
    });
  }

  drawGuess() {
    const { lab } = this;
    this.guess.style.display = lab.data.guess ? "" : "none";
    if (!lab.data.guess) return;
    const y = show(lab.guess);
    set(this.guess, {
      transform: `translate(${this.sx(lab.screen.query)} ${this.sy(lab.guess)})`,
      role: lab.asking ? "slider" : "img",
      tabindex: lab.asking ? 0 : null,
      "aria-label": lab.asking ? "Your guess for y" : `Your guess: y ${y}`,
      "aria-valuemin": lab.asking ? -this.axes.y : null,
      "aria-valuemax": lab.asking ? this.axes.y : null,
      "aria-valuenow": lab.asking ? lab.guess.toFixed(2) : null,
      "aria-valuetext": lab.asking ? `y ${y}` : null,
    });
    put(this.guessText, { textContent: `your guess ${y}` });
  }

  drawPoints() {
    const points = this.lab.screen.points;
    fit(this.points, points.length, (index) => this.makePoint(index));
    points.forEach(([x, y], index) =>
      set(this.points.children[index], {
        transform: `translate(${this.sx(x)} ${this.sy(y)})`,
        "aria-label": `Example ${index + 1} of ${points.length}: ${said(this.lab, x, y)}`,
      }),
    );
  }

  /** @param {number} index */
  makePoint(index) {
    const node = svg("g", { class: "point", tabindex: 0, role: "button" });
    svg("circle", { class: "hit", r: 14 }, node);
    svg("circle", { class: "dot", r: 6.5 }, node);
    node.onpointerdown = (event) => this.grab(event, { kind: "point", index });
    node.onkeydown = (event) => keyOnPoint(this.lab, event, index);
    return node;
  }

  /** @param {number} right @param {number} top @param {number} bottom */
  drawLabels(right, top, bottom) {
    const { lab } = this;
    const named = lab.shown().map((name) => ({
      text: lab.styles[name].label,
      colour: lab.colour(name),
      y: clamp(this.sy(lab.data.curves[name].findLast(Number.isFinite) ?? 0), top + 6, bottom - 4),
    }));
    const { truth, truthCurve } = lab;
    const end = truthCurve?.at(-1) ?? (truth && truth[0] * this.axes.x + truth[1]);
    if (typeof end === "number")
      named.push({
        text: lab.styles.truth.label,
        colour: lab.colour("truth"),
        y: clamp(this.sy(end), top + 6, bottom - 4),
      });
    // Without room beside the plane, the list of methods names the lines, or the plane does.
    const inside = !this.labelled && lab.data.hide.includes("methods");
    const labels = this.labelled || inside ? spread(named, 16, top + 8, bottom - 2) : [];
    fit(this.labels, labels.length, () => svg("text"));
    labels.forEach((label, i) => {
      const node = this.labels.children[i];
      set(node, {
        x: inside ? right - 6 : right + 6,
        y: label.y + 4,
        "text-anchor": inside ? "end" : null,
        style: `fill: ${label.colour}`,
      });
      put(node, { textContent: label.text });
    });
  }

  /** Whether the lines' names stand beside them. */
  get isNamed() {
    return this.labels.childElementCount > 0;
  }

  /** @param {number} index */
  focusPoint(index) {
    /** @type {SVGElement | undefined} */ (this.points.children[index])?.focus({
      preventScroll: true,
    });
  }
}
