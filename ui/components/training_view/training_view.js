// Curves of the runs over their steps, on logarithmic heights, and which snapshot is shown.

import { Channel } from "../shared/channel.js";
import { component } from "../shared/component.js";
import { html, set, svg } from "../shared/dom.js";
import { scale } from "../shared/geometry.js";
import { show } from "../shared/numbers.js";
import { isDark } from "../shared/theme.js";
import { watch } from "../shared/watch.js";

const BOX = { height: 165, left: 42, right: 12, top: 14, bottom: 32 };
const LEVELS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

class View {
  constructor(root) {
    this.root = root;
    this.part = (role) => root.querySelector(`[data-role="${role}"]`);
    this.channel = new Channel(
      (seq, final, changes) => this.setStateValue("message", { seq, final, changes }),
      () => root.isConnected,
    );
    this.part("at").oninput = (event) => this.pick(Number(event.target.value));
    this.root.querySelector("details").ontoggle = () => this.drawTable();
    this.forget = watch(root, this.part("excess"), () => this.redraw());
  }

  /** The view has left the page. */
  end() {
    this.channel.close();
    this.forget();
  }

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

  // The last snapshot means: follow the training.
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
    this.part("said").textContent =
      `After ${point.step} steps and ${show(point.seconds, 0)} s: ${loss}` +
      `Excess ${show(point.excess)}: its squared error is ${show(point.excess)} times ` +
      "that of exact Bayes.";
    this.drawLegend();
    this.drawChart("excess", [1, Math.max(...this.data.runs.map((run) => run.blind))]);
    this.drawChart("loss", []);
    if (this.root.querySelector("details").open) this.drawTable();
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

  line(parent, run, d) {
    const kind = run === this.shown ? "run shown" : "run";
    return svg(
      "path",
      { class: kind, d, stroke: this.colour(run), "stroke-dasharray": run.dash || null },
      parent,
    );
  }

  drawChart(name, levels) {
    const host = this.part(name);
    const root = host.firstChild ?? svg("svg", { role: "img" }, host);
    const width = host.clientWidth || 480;
    const { height, left, right, top, bottom } = BOX;
    const values = this.data.runs
      .flatMap((run) => run.points.map((p) => p[name]))
      .filter((v) => v !== null);
    const all = [...values, ...levels].map((v) => Math.log10(Math.max(v, 1e-4)));
    const [low, high] = all.length ? [Math.min(...all) - 0.05, Math.max(...all) + 0.08] : [-1, 1];
    const reach = Math.max(10, ...this.data.runs.map((run) => run.points.at(-1)?.step ?? 0));
    const sx = scale(0, reach, left, width - right);
    const sy = scale(low, high, height - bottom, top);
    const at = (value) => sy(Math.log10(Math.max(value, 1e-4)));
    const shown = this.shown.points[this.index()];
    const last = shown[name] === null ? "not yet measured" : show(shown[name]);
    set(root, {
      viewBox: `0 0 ${width} ${height}`,
      height,
      "aria-label": `${name === "loss" ? "Training loss" : "Excess over Bayes"} against steps; after ${shown.step} steps ${last}`,
    });
    root.onclick = (event) => {
      const box = root.getBoundingClientRect();
      this.nearest(sx.invert(((event.clientX - box.left) / box.width) * width));
    };
    root.replaceChildren();
    this.drawAxes(root, { sx, at, width, height, left, right, bottom, low, high, reach });
    if (name === "excess") this.drawLevels(root, at, left, width - right);
    for (const run of this.data.runs) {
      const known = run.points.filter((p) => p[name] !== null);
      if (!known.length) continue;
      const d = known
        .map((p, i) => `${i ? "L" : "M"}${sx(p.step).toFixed(1)} ${at(p[name]).toFixed(1)}`)
        .join("");
      this.line(root, run, d);
    }
    if (name === "excess") this.drawBreak(root, sx, at, top, height - bottom);
    svg("path", { class: "nowLine", d: `M${sx(shown.step)} ${top}V${height - bottom}` }, root);
    if (shown[name] !== null)
      svg(
        "circle",
        {
          class: "nowDot",
          cx: sx(shown.step),
          cy: at(shown[name]),
          r: 5,
          fill: this.colour(this.shown),
        },
        root,
      );
  }

  drawAxes(root, { sx, at, width, height, left, right, bottom, low, high, reach }) {
    const inside = LEVELS.filter((v) => Math.log10(v) >= low && Math.log10(v) <= high);
    const every =
      inside.length > 7 ? inside.filter((v) => /^0*\.?0*[15]0*$/.test(String(v))) : inside;
    for (const value of every) {
      svg(
        "path",
        { class: "grid", d: `M${left} ${at(value)}H${width - right}`, stroke: "var(--rule)" },
        root,
      );
      svg("text", { x: left - 6, y: at(value) + 4, "text-anchor": "end" }, root).textContent =
        value;
    }
    const step = [5, 10, 25, 50, 100, 250, 500].find((s) => reach / s <= 5) ?? 1000;
    for (let t = 0; t <= reach; t += step)
      svg(
        "text",
        { x: sx(t), y: height - bottom + 15, "text-anchor": t ? "middle" : "start" },
        root,
      ).textContent = t;
    svg("text", { x: width - right, y: height - 3, "text-anchor": "end" }, root).textContent =
      "steps";
  }

  drawLevels(root, at, left, right) {
    const { blind } = this.shown;
    for (const [value, label] of [
      [blind, "ignores the prompt"],
      [1, "exact Bayes"],
    ]) {
      svg("path", { class: "level", d: `M${left} ${at(value)}H${right}` }, root);
      svg("text", { x: right, y: at(value) - 4, "text-anchor": "end" }, root).textContent = label;
    }
  }

  // Where the run that is shown began to use the prompt.
  drawBreak(root, sx, at, top, bottom) {
    const run = this.shown;
    if (run.broke === null) return;
    const point = run.points.find((p) => p.step === run.broke);
    const x = sx(run.broke);
    svg("path", { class: "broke", d: `M${x} ${top}V${bottom}`, stroke: this.colour(run) }, root);
    const label = `plateau broken: step ${run.broke}, ${show(point.seconds, 0)} s`;
    svg(
      "text",
      { class: "mark", x: x + 6, y: at(run.blind) + 18, "text-anchor": "start" },
      root,
    ).textContent = label;
  }

  nearest(step) {
    const { points } = this.shown;
    const gaps = points.map((point) => Math.abs(point.step - step));
    this.pick(gaps.indexOf(Math.min(...gaps)));
  }

  drawTable() {
    const cells = (tag, values) => values.map((value) => html(tag, {}, value));
    const rows = this.shown.points.map((p) =>
      html(
        "tr",
        {},
        ...cells("td", [
          String(p.step),
          show(p.seconds, 1),
          p.loss === null ? "–" : show(p.loss, 4),
          show(p.excess, 3),
        ]),
      ),
    );
    const head = html(
      "thead",
      {},
      html("tr", {}, ...cells("th", ["step", "seconds", "loss", "excess"])),
    );
    this.part("table").replaceChildren(html("table", {}, head, html("tbody", {}, ...rows)));
  }
}

export default component("view", (root) => new View(root));
