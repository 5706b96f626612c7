// A board of heads to switch off or to swap, and the line that the network then draws.

/** @import { Given } from "../shared/component.js" */

import { component } from "../shared/component.js";
import { canvas, fit, html, partsOf, set, svg } from "../shared/dom.js";
import { pathOf, scale, spaced, ticks } from "../shared/geometry.js";
import { clamp, show, tickLabel } from "../shared/numbers.js";
import { isDark } from "../shared/theme.js";
import { watch } from "../shared/watch.js";
import { chosenIn, moved, toggled, wordOf } from "./choice.js";

/**
 * What Python sends; `ui/inside/heads.py` makes it.
 *
 * @typedef {object} Board
 * @property {number[][]} score (layers, heads): attention from y to its own x.
 * @property {number[][] | null} alone (layers, heads): how far the answers move without it;
 *   null while a point moves.
 * @property {string} heads The chosen, "3.2-5.1".
 * @property {"off" | "swap"} heads_do
 * @property {Record<string, string>} acts What can be done, in words.
 * @property {string} how What that means.
 * @property {string} said What came of it.
 * @property {[number, number] | null} axes Half-widths of the plane; null where there is none.
 * @property {number[][]} points
 * @property {number[][] | null} mixed The pairs (x of B, y of A).
 * @property {{ name: string, label: string, light: string, dark: string, dash: string,
 *   y: number[] }[]} lines
 */

const MARGIN = { left: 34, right: 8, top: 8, bottom: 24 };
const PAIRS = 0.5;

class View {
  /** @type {Board} */
  data;
  /** @type {Given["setTriggerValue"]} */
  setTriggerValue;
  heads = "";
  /** @type {Board["heads_do"]} */
  act = "off";

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.part = partsOf(root);
    this.part("none").onclick = () => this.choose("", this.act);
    this.part("pairing").onclick = () => this.choose(this.pairing(), this.act);
    this.end = watch(root, this.part("plot"), () => this.data && this.draw());
  }

  /** @param {Given} given */
  receive({ data, setTriggerValue }) {
    this.data = data;
    this.setTriggerValue = setTriggerValue;
    this.heads = data.heads;
    this.act = data.heads_do;
    this.draw();
  }

  pairing() {
    return wordOf(
      this.data.score.flatMap((row, layer) =>
        row.flatMap((score, head) => (score >= PAIRS ? [`${layer + 1}.${head + 1}`] : [])),
      ),
    );
  }

  /** @param {string} heads @param {Board["heads_do"]} act */
  choose(heads, act) {
    if (heads === this.heads && act === this.act) return;
    this.heads = heads;
    this.act = act;
    this.drawGrid();
    this.setTriggerValue("chosen", { heads, heads_do: act });
  }

  draw() {
    this.dark = isDark(this.root);
    this.root.classList.toggle("dark", this.dark);
    this.part("how").textContent = this.data.how;
    this.part("said").textContent = this.data.said;
    this.drawActs();
    this.drawGrid();
    this.drawLegend();
    this.drawPlot();
  }

  drawActs() {
    const host = this.part("acts");
    const acts = Object.entries(this.data.acts);
    fit(host, acts.length, () => html("button", { type: "button", role: "radio" }));
    acts.forEach(([act, label], i) => {
      const button = host.children[i];
      const known = /** @type {Board["heads_do"]} */ (act);
      button.textContent = label;
      button.setAttribute("aria-checked", String(act === this.act));
      button.tabIndex = act === this.act ? 0 : -1;
      button.onclick = () => this.choose(this.heads, known);
      button.onkeydown = (/** @type {KeyboardEvent} */ event) => {
        if (!event.key.startsWith("Arrow")) return;
        event.preventDefault();
        const other = host.children[(i + 1) % acts.length];
        other.click();
        other.focus();
      };
    });
  }

  drawGrid() {
    const host = this.part("grid");
    const { score, alone } = this.data;
    this.root.classList.toggle("swapping", this.act === "swap");
    const chosen = chosenIn(this.heads);
    const columns = score[0].length;
    fit(host, score.length + 1, () => html("div", { className: "row" }));
    host.style.setProperty("--heads", String(columns));
    const names = Array.from({ length: columns }, (_, i) => `head ${i + 1}`);
    fit(host.children[0], columns + 1, () => html("span", { className: "top" }));
    names.forEach((name, i) => {
      host.children[0].children[i + 1].textContent = name;
    });
    score.forEach((row, layer) => {
      const line = host.children[layer + 1];
      fit(line, columns + 1, (i) =>
        i ? html("button", { type: "button", className: "head" }) : html("span"),
      );
      line.children[0].textContent = `L${layer + 1}`;
      row.forEach((value, head) => {
        const cell = line.children[head + 1];
        const id = `${layer + 1}.${head + 1}`;
        const moves = alone ? show(alone[layer][head]) : "…";
        const is = !chosen.has(id) ? `moves ${moves}` : this.act === "off" ? "off" : "x of B";
        cell.replaceChildren(html("b", {}, show(value)), html("small", {}, is));
        cell.style.setProperty("--share", `${(100 * clamp(value, 0, 1)).toFixed(0)}%`);
        cell.classList.toggle("strong", value > 0.55);
        set(cell, {
          "data-head": id,
          "aria-pressed": chosen.has(id),
          "aria-label": `Layer ${layer + 1}, head ${head + 1}: pairing score ${show(value)}, the line moves by ${moves} without it`,
        });
        cell.onclick = () => this.choose(toggled(this.heads, id), this.act);
        cell.onkeydown = (/** @type {KeyboardEvent} */ event) => {
          const to = moved(event.key, layer, head, score.length, columns);
          if (!to) return;
          event.preventDefault();
          host.children[to[0] + 1].children[to[1] + 1].focus();
        };
      });
    });
  }

  /** @param {Board["lines"][number]} line */
  strokeOf(line) {
    return { stroke: this.dark ? line.dark : line.light, "stroke-dasharray": line.dash || null };
  }

  drawLegend() {
    const marks = this.data.lines.map((line) => {
      const mark = svg("svg", { viewBox: "0 0 26 12", "aria-hidden": "true" });
      svg("path", { class: `line ${line.name}`, d: "M0 6H26", ...this.strokeOf(line) }, mark);
      return html("span", {}, mark, line.label);
    });
    if (this.data.mixed) {
      const mark = svg("svg", { viewBox: "0 0 26 12", "aria-hidden": "true" });
      svg("circle", { class: "mixed", cx: 13, cy: 6, r: 4.5 }, mark);
      marks.push(html("span", {}, mark, "the mixed pairs: x of B, your y"));
    }
    this.part("legend").replaceChildren(...marks);
  }

  drawPlot() {
    const host = this.part("plot");
    const { axes, lines, points, mixed, said } = this.data;
    host.hidden = !axes;
    if (!axes) return;
    const width = host.clientWidth || 480;
    const height = Math.min(380, Math.max(240, 0.66 * width));
    const sx = scale(-axes[0], axes[0], MARGIN.left, width - MARGIN.right);
    const sy = scale(-axes[1], axes[1], height - MARGIN.bottom, MARGIN.top);
    const root = canvas(host, { viewBox: `0 0 ${width} ${height}`, height, "aria-label": said });
    for (const t of ticks(axes[1])) {
      svg(
        "path",
        { class: t ? "grid" : "zero", d: `M${sx(-axes[0])} ${sy(t)}H${sx(axes[0])}` },
        root,
      );
      svg("text", { x: MARGIN.left - 5, y: sy(t) + 4, "text-anchor": "end" }, root).textContent =
        tickLabel(t);
    }
    for (const t of ticks(axes[0]))
      svg("text", { x: sx(t), y: height - 6, "text-anchor": "middle" }, root).textContent =
        tickLabel(t);
    const clip = svg("svg", { x: 0, y: 0, width, height: height - MARGIN.bottom }, root);
    for (const line of lines) {
      const d = pathOf(spaced(axes[0], line.y.length), line.y, sx, sy);
      svg("path", { class: `line ${line.name}`, d, ...this.strokeOf(line) }, clip);
    }
    for (const [x, y] of points)
      svg("circle", { class: "point", cx: sx(x), cy: sy(y), r: 5.5 }, clip);
    for (const [x, y] of mixed ?? [])
      svg("circle", { class: "mixed", cx: sx(x), cy: sy(y), r: 5 }, clip);
  }
}

export default component("board", (root) => new View(root));
