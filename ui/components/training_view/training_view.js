// Curves of the runs over their steps, and which snapshot is shown.

/** @import { Given } from "../shared/component.js" */
/** @import { Scale } from "../shared/geometry.js" */

import { Channel } from "../shared/channel.js";
import { component } from "../shared/component.js";
import { canvas, html, partsOf, set, svg } from "../shared/dom.js";
import { scale } from "../shared/geometry.js";
import { show } from "../shared/numbers.js";
import { cells, table } from "../shared/table.js";
import { isDark } from "../shared/theme.js";
import { watch } from "../shared/watch.js";

/**
 * What was measured of a run at one of its snapshots.
 *
 * @typedef {{
 *   step: number, seconds: number, loss: number | null, excess: number, pairing: number | null,
 * }} Measured
 */

/**
 * @typedef {object} Run
 * @property {string} label
 * @property {string} light Its colour on a light page.
 * @property {string} dark Its colour on a dark page.
 * @property {string} dash
 * @property {number} blind The excess of who ignores the prompt.
 * @property {number | null} broke The step after which the prompt was used.
 * @property {Measured[]} points
 */

/**
 * What Python sends: `curves` of `ui/train/numbers.py` makes it.
 *
 * @typedef {{ seq: number, runs: Run[], shown: number, at: number | null }} TrainingData
 */

const BOX = { height: 165, left: 42, right: 12, top: 14, bottom: 32 };

/**
 * How the numbers of a chart lie above each other, and which of them have a line.
 *
 * @typedef {{ of: (value: number) => number, ticks: number[], below: number, above: number }} Heights
 */

/** @type {Heights} */
const LOGARITHMIC = {
  of: (value) => Math.log10(Math.max(value, 1e-4)),
  ticks: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
  below: 0.05,
  above: 0.08,
};

/** @type {Heights} */
const SHARE = { of: (value) => value, ticks: [0, 0.25, 0.5, 0.75, 1], below: 0.02, above: 0.04 };

/** @typedef {"excess" | "loss" | "pairing"} Chart */

/** @type {Record<Chart, { label: string, heights: Heights }>} */
const CHARTS = {
  excess: { label: "Excess over Bayes", heights: LOGARITHMIC },
  loss: { label: "Training loss", heights: LOGARITHMIC },
  pairing: { label: "Best head's pairing score", heights: SHARE },
};

class View {
  /** @type {TrainingData} */
  data;
  /** @type {Given["setStateValue"]} */
  setStateValue;
  /** @type {number | null} The step that is shown; null is the latest. */
  at = null;
  dark = false;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.part = partsOf(root);
    this.numbers = /** @type {HTMLDetailsElement} */ (root.querySelector("details"));
    this.channel = new Channel(
      (seq, final, changes) => this.setStateValue("message", { seq, final, changes }),
      () => root.isConnected,
    );
    const slider = this.part("at");
    slider.oninput = () => this.pick(Number(slider.value));
    this.numbers.ontoggle = () => this.drawTable();
    this.forget = watch(root, this.part("excess"), () => this.redraw());
  }

  /** The view has left the page. */
  end() {
    this.channel.close();
    this.forget();
  }

  /** @param {Given} given */
  receive({ data, setStateValue }) {
    this.setStateValue = setStateValue;
    if (this.channel.hear(data.seq)) this.at = data.at;
    this.data = data;
    this.draw();
    this.channel.flush();
  }

  get shown() {
    return this.data.runs[this.data.shown];
  }

  /**
   * The last snapshot means: follow the training.
   *
   * @param {number} index
   */
  pick(index) {
    const { points } = this.shown;
    this.at = index >= points.length - 1 ? null : points[index].step;
    this.channel.say(true, { at: this.at });
    this.draw();
    this.channel.flush();
  }

  redraw() {
    if (this.data) this.draw();
  }

  index() {
    const { points } = this.shown;
    const found = points.findIndex((point) => point.step === this.at);
    return found < 0 ? points.length - 1 : found;
  }

  /** @param {Run} run */
  colour(run) {
    return run[this.dark ? "dark" : "light"];
  }

  draw() {
    this.dark = isDark(this.root);
    this.root.classList.toggle("dark", this.dark);
    const { points } = this.shown;
    const point = points[this.index()];
    set(this.part("at"), { max: points.length - 1 });
    this.part("at").value = this.index();
    this.part("where").textContent =
      `Shown: ${this.at === null ? "the latest, " : ""}after ${point.step} steps`;
    this.part("at").setAttribute("aria-valuetext", `after ${point.step} steps`);
    const loss = point.loss === null ? "" : `Loss ${show(point.loss, 3)}. `;
    const pairs =
      point.pairing === null ? "" : ` Its best head pairs y with its x by ${show(point.pairing)}.`;
    this.part("said").textContent =
      `After ${point.step} steps and ${show(point.seconds, 0)} s: ${loss}` +
      `Excess ${show(point.excess)}: its squared error is ${show(point.excess)} times ` +
      `that of exact Bayes.${pairs}`;
    this.drawLegend();
    this.drawChart("excess", [1, Math.max(...this.data.runs.map((run) => run.blind))]);
    this.drawChart("loss", []);
    this.drawChart("pairing", [0, 1]);
    if (this.numbers.open) this.drawTable();
  }

  drawLegend() {
    this.part("legend").hidden = this.data.runs.length < 2;
    const entries = this.data.runs.map((run) => {
      const mark = svg("svg", { viewBox: "0 0 26 10", "aria-hidden": "true" });
      this.line(mark, run, "M0 5H26");
      return html("li", {}, mark, html("span", {}, run.label));
    });
    this.part("legend").replaceChildren(...entries);
  }

  /** @param {SVGElement} parent @param {Run} run @param {string} d */
  line(parent, run, d) {
    const kind = run === this.shown ? "run shown" : "run";
    return svg(
      "path",
      { class: kind, d, stroke: this.colour(run), "stroke-dasharray": run.dash || null },
      parent,
    );
  }

  /** @param {Chart} name @param {number[]} levels What must be on it, besides what was measured. */
  drawChart(name, levels) {
    const host = this.part(name);
    const { label, heights } = CHARTS[name];
    const width = host.clientWidth || 480;
    const { height, left, right, top, bottom } = BOX;
    const values = this.data.runs
      .flatMap((run) => run.points.map((p) => p[name]))
      .flatMap((value) => (value === null ? [] : [value]));
    const all = [...values, ...levels].map(heights.of);
    const [low, high] = all.length
      ? [Math.min(...all) - heights.below, Math.max(...all) + heights.above]
      : [-1, 1];
    const reach = Math.max(
      10,
      ...this.data.runs.map((run) => run.points[run.points.length - 1]?.step ?? 0),
    );
    const sx = scale(0, reach, left, width - right);
    const sy = scale(low, high, height - bottom, top);
    const at = (/** @type {number} */ value) => sy(heights.of(value));
    const shown = this.shown.points[this.index()];
    const value = shown[name];
    const last = value === null ? "not yet measured" : show(value);
    const root = canvas(host, {
      viewBox: `0 0 ${width} ${height}`,
      height,
      "aria-label": `${label} against steps; after ${shown.step} steps ${last}`,
    });
    root.onclick = (event) => {
      const box = root.getBoundingClientRect();
      this.nearest(sx.invert(((event.clientX - box.left) / box.width) * width));
    };
    const inside = heights.ticks.filter((v) => heights.of(v) >= low && heights.of(v) <= high);
    this.drawAxes(root, { sx, at, width, height, left, right, bottom, inside, reach });
    if (name === "excess") this.drawLevels(root, at, left, width - right);
    for (const run of this.data.runs) {
      const known = run.points.flatMap((p) => {
        const measured = p[name];
        return measured === null ? [] : [`${sx(p.step).toFixed(1)} ${at(measured).toFixed(1)}`];
      });
      if (known.length) this.line(root, run, `M${known.join("L")}`);
    }
    if (name !== "loss") this.drawBreak(root, sx, top, height - bottom);
    if (name === "excess") this.sayBreak(root, sx, at);
    svg("path", { class: "nowLine", d: `M${sx(shown.step)} ${top}V${height - bottom}` }, root);
    if (value === null) return;
    const dot = { class: "nowDot", cx: sx(shown.step), cy: at(value), r: 5 };
    svg("circle", { ...dot, fill: this.colour(this.shown) }, root);
  }

  /**
   * @param {SVGSVGElement} root
   * @param {{
   *   sx: Scale, at: (value: number) => number, width: number, height: number,
   *   left: number, right: number, bottom: number, inside: number[], reach: number,
   * }} box
   */
  drawAxes(root, { sx, at, width, height, left, right, bottom, inside, reach }) {
    const every =
      inside.length > 7 ? inside.filter((v) => /^0*\.?0*[15]0*$/.test(String(v))) : inside;
    for (const value of every) {
      svg(
        "path",
        { class: "grid", d: `M${left} ${at(value)}H${width - right}`, stroke: "var(--rule)" },
        root,
      );
      svg("text", { x: left - 6, y: at(value) + 4, "text-anchor": "end" }, root).textContent =
        String(value);
    }
    const step = [5, 10, 25, 50, 100, 250, 500].find((s) => reach / s <= 5) ?? 1000;
    for (let t = 0; t <= reach; t += step)
      svg(
        "text",
        { x: sx(t), y: height - bottom + 15, "text-anchor": t ? "middle" : "start" },
        root,
      ).textContent = String(t);
    svg("text", { x: width - right, y: height - 3, "text-anchor": "end" }, root).textContent =
      "steps";
  }

  /**
   * @param {SVGSVGElement} root
   * @param {(value: number) => number} at
   * @param {number} left
   * @param {number} right
   */
  drawLevels(root, at, left, right) {
    const { blind } = this.shown;
    const levels = { "ignores the prompt": blind, "exact Bayes": 1 };
    for (const [label, value] of Object.entries(levels)) {
      svg("path", { class: "level", d: `M${left} ${at(value)}H${right}` }, root);
      svg("text", { x: right, y: at(value) - 4, "text-anchor": "end" }, root).textContent = label;
    }
  }

  /**
   * Where the run that is shown began to use the prompt.
   *
   * @param {SVGSVGElement} root
   * @param {Scale} sx
   * @param {number} top
   * @param {number} bottom
   */
  drawBreak(root, sx, top, bottom) {
    const run = this.shown;
    if (run.broke === null) return;
    const d = `M${sx(run.broke)} ${top}V${bottom}`;
    svg("path", { class: "broke", d, stroke: this.colour(run) }, root);
  }

  /**
   * @param {SVGSVGElement} root
   * @param {Scale} sx
   * @param {(value: number) => number} at
   */
  sayBreak(root, sx, at) {
    const run = this.shown;
    const point = run.points.find((p) => p.step === run.broke);
    if (run.broke === null || !point) return;
    const x = sx(run.broke);
    const label = `plateau broken: step ${run.broke}, ${show(point.seconds, 0)} s`;
    svg(
      "text",
      { class: "mark", x: x + 6, y: at(run.blind) + 18, "text-anchor": "start" },
      root,
    ).textContent = label;
  }

  /** @param {number} step */
  nearest(step) {
    const { points } = this.shown;
    const gaps = points.map((point) => Math.abs(point.step - step));
    this.pick(gaps.indexOf(Math.min(...gaps)));
  }

  drawTable() {
    const rows = this.shown.points.map((p) => {
      const loss = p.loss === null ? "–" : show(p.loss, 4);
      const pairing = p.pairing === null ? "–" : show(p.pairing, 3);
      const values = [String(p.step), show(p.seconds, 1), loss, show(p.excess, 3), pairing];
      return html("tr", {}, ...cells(values));
    });
    this.part("table").replaceChildren(
      table(["step", "seconds", "loss", "excess", "pairing"], rows),
    );
  }
}

export default component("view", (root) => new View(root));
