// The plane beside the beads, on which the readout's line bends; bars where there is no plane.

/** @import { Scale } from "../shared/geometry.js" */
/** @import { Picture } from "./mechanism.js" */

import { html, set, svg } from "../shared/dom.js";
import { pathOf, scale, spaced, ticks } from "../shared/geometry.js";
import { clamp, show, tickLabel } from "../shared/numbers.js";

const MARGIN = { left: 30, right: 8, top: 8, bottom: 22 };

export class Plot {
  /** @type {Scale} */
  sx;
  /** @type {Scale} */
  sy;
  /** The layer that the picture's words tell of. */
  said = -1;
  bent = "";

  constructor() {
    this.root = svg("svg", { role: "img" });
    this.back = svg("g", {}, this.root);
    this.inside = svg("svg", {}, this.root);
    this.still = svg("g", {}, this.inside);
    this.dots = svg("g", {}, this.inside);
    // A picture of its own, so that with each frame nothing else is painted.
    this.over = svg("svg", { class: "moves", "aria-hidden": "true" });
    this.within = svg("svg", {}, this.over);
    this.line = svg("path", { class: "line readout" }, this.within);
    this.mark = svg("circle", { class: "told", r: 5.5 }, this.within);
  }

  /** @param {number} width @param {number} height @param {Picture} data @param {boolean} dark */
  resize(width, height, data, dark) {
    for (const root of [this.root, this.over])
      set(root, { viewBox: `0 0 ${width} ${height}`, height });
    this.said = -1;
    this.bent = "";
    for (const group of [this.back, this.still, this.dots]) group.replaceChildren();
    const { axes } = data;
    const bottom = height - MARGIN.bottom;
    this.line.style.display = this.mark.style.display = axes ? "" : "none";
    if (!axes) return this.drawBars(width, height, data);
    this.sx = scale(-axes[0], axes[0], MARGIN.left, width - MARGIN.right);
    this.sy = scale(-axes[1], axes[1], bottom, MARGIN.top);
    const { sx, sy } = this;
    for (const part of [this.inside, this.within]) set(part, { x: 0, y: 0, width, height: bottom });
    for (const t of ticks(axes[1], axes[1] > 4 ? 4 : 2)) {
      const d = `M${sx(-axes[0])} ${sy(t)}H${sx(axes[0])}`;
      svg("path", { class: t ? "grid" : "zero", d }, this.back);
      const at = { x: MARGIN.left - 5, y: sy(t) + 4, "text-anchor": "end" };
      svg("text", at, this.back).textContent = tickLabel(t);
    }
    for (const t of ticks(axes[0])) {
      const at = { x: sx(t), y: height - 5, "text-anchor": "middle" };
      svg("text", at, this.back).textContent = tickLabel(t);
    }
    for (const line of data.beside) {
      const d = pathOf(spaced(axes[0], line.y.length), line.y, sx, sy);
      const stroke = dark ? line.dark : line.light;
      const look = { stroke, "stroke-dasharray": line.dash || null };
      svg("path", { class: `line ${line.name}`, d, ...look }, this.still);
    }
    for (const [x, y] of data.points)
      svg("circle", { class: "point", cx: sx(x), cy: sy(y), r: 4.5 }, this.dots);
    for (const [x, y] of data.mixed ?? [])
      svg("circle", { class: "mixed", cx: sx(x), cy: sy(y), r: 5 }, this.dots);
    const x = sx(data.query ?? 0);
    svg("path", { class: "asked", d: `M${x} ${MARGIN.top}V${bottom}` }, this.still);
    const ink = dark ? data.colour.dark : data.colour.light;
    set(this.line, { stroke: ink });
    set(this.mark, { fill: ink, cx: x });
  }

  /**
   * Off the plane: how much of the answer each readout has.
   *
   * @param {number} width @param {number} height @param {Picture} data
   */
  drawBars(width, height, data) {
    set(this.inside, { x: 0, y: 0, width, height });
    const count = data.there.length;
    const sx = scale(0, count, MARGIN.left + 8, width - MARGIN.right);
    const sy = scale(0, 1, height - MARGIN.bottom, MARGIN.top + 10);
    for (const t of [0, 0.5, 1]) {
      svg("path", { class: t ? "grid" : "zero", d: `M${sx(0)} ${sy(t)}H${sx(count)}` }, this.back);
      const at = { x: sx(0) - 5, y: sy(t) + 4, "text-anchor": "end" };
      svg("text", at, this.back).textContent = `${100 * t} %`;
    }
    data.there.forEach((share, layer) => {
      const look = { class: "bar", x: sx(layer) + 3, width: sx(1) - sx(0) - 6 };
      svg("rect", { ...look, y: sy(share), height: sy(0) - sy(share) }, this.dots);
      const at = { x: sx(layer + 0.5), y: height - 5, "text-anchor": "middle" };
      svg("text", at, this.back).textContent = layer ? String(layer) : "in";
    });
  }

  /**
   * The line between the readouts of two layers.
   *
   * @param {Picture} data @param {number} before @param {number} layer @param {number} share
   */
  bend(data, before, layer, share) {
    const { curves, told, axes } = data;
    if (layer !== this.said) set(this.root, { "aria-label": said(data, layer) });
    this.said = layer;
    if (!curves || !told || !axes) {
      [...this.dots.children].forEach((bar, at) => bar.classList.toggle("now", at === layer));
      return;
    }
    const bent = share === 0 ? `${before}` : share === 1 ? `${layer}` : `${before} ${share}`;
    if (bent === this.bent) return; // what is set anew is painted anew
    this.bent = bent;
    const between = (/** @type {number} */ a, /** @type {number} */ b) => a + share * (b - a);
    const ys = curves[layer].map((y, i) => between(curves[before][i], y));
    set(this.line, { d: pathOf(spaced(axes[0], ys.length), ys, this.sx, this.sy) });
    const at = between(told[before], told[layer]);
    set(this.mark, { cy: clamp(this.sy(at), -50, 2000) });
  }

  /** @param {Picture} data @param {boolean} dark */
  names(data, dark) {
    if (!data.axes) return [html("span", {}, "Share of the final answer that each readout has")];
    const own = { name: "readout", label: "readout of this layer", dash: "", ...data.colour };
    return [own, ...data.beside].map((line) => {
      const mark = svg("svg", { viewBox: "0 0 26 12", "aria-hidden": "true" });
      const stroke = dark ? line.dark : line.light;
      const look = { stroke, "stroke-dasharray": line.dash || null };
      svg("path", { class: `line ${line.name}`, d: "M0 6H26", ...look }, mark);
      return html("span", {}, mark, line.label);
    });
  }
}

/** @param {Picture} data @param {number} layer */
const said = ({ told, there }, layer) =>
  `After ${layer ? `layer ${layer}` : "the input"} the readout has ${Math.round(100 * there[layer])} % of the final answer` +
  (told ? `, and reads y ${show(told[layer])} at the query.` : ".");
