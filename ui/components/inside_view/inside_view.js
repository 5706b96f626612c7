// Decoded weights over the layers, and the map of held-out R² with the current cell marked.

/** @import { Given } from "../shared/component.js" */

import { component } from "../shared/component.js";
import { canvas, fit, html, partsOf, set, svg } from "../shared/dom.js";
import { pathOf, roundHalf, scale } from "../shared/geometry.js";
import { clamp, show, tickLabel } from "../shared/numbers.js";
import { cells, table } from "../shared/table.js";
import { isDark } from "../shared/theme.js";
import { watch } from "../shared/watch.js";

/**
 * What Python sends; `ui/inside/readings_view.py` makes it.
 *
 * @typedef {object} InsideData
 * @property {string} target What is decoded, in words.
 * @property {Record<string, string>} models What is scored, in words.
 * @property {string} scored One of them.
 * @property {number} k
 * @property {string} said
 * @property {string[]} names Of the coordinates.
 * @property {number[][]} decoded (layers + 1, d)
 * @property {Record<string, number[]>} references By method: (d,)
 * @property {number[][]} heat R²: (layers + 1, K)
 * @property {Record<string, string>[]} table R² with its interval, by layer and model.
 * @property {number | null} layer The one that is on the pad.
 * @property {Record<string, { label: string, light: string, dark: string, dash: string }>} styles
 */

const PANEL = { height: 150, left: 30, right: 8, top: 20, bottom: 22 };

class View {
  /** @type {InsideData} */
  data;
  dark = false;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.part = partsOf(root);
    this.end = watch(root, this.part("heat"), () => this.redraw());
  }

  /** @param {Given} given */
  receive({ data }) {
    this.data = data;
    this.draw();
  }

  /** @param {string} name */
  colour(name) {
    return this.data.styles[name][this.dark ? "dark" : "light"];
  }

  /**
   * The moment vector is no method: it is drawn in the ink of the page.
   *
   * @param {string} name
   */
  style(name) {
    const style = this.data.styles[name];
    if (!style) return { label: "XᵀY / k", colour: "currentColor", dash: "9 4" };
    return { label: style.label, colour: this.colour(name), dash: style.dash };
  }

  redraw() {
    if (this.data) this.draw();
  }

  draw() {
    this.dark = isDark(this.root);
    this.root.classList.toggle("dark", this.dark);
    const { target, models, scored, k } = this.data;
    this.part("decodedTitle").textContent = `${target}, decoded on your prompt`;
    this.part("heatTitle").textContent = `R² on held-out prompts: ${models[scored]}`;
    this.part("said").textContent =
      `${this.data.said} Marked: the layer on the pad, and your k = ${k}. ` +
      "Each cell is its own probe, scored on prompts that it was not fitted to.";
    this.drawLegend();
    this.drawPanels();
    this.drawHeat();
    this.drawTable();
  }

  drawLegend() {
    const entry = (/** @type {string} */ label, /** @type {Node} */ mark) =>
      html("span", {}, mark, label);
    const dot = svg("svg", { viewBox: "0 0 26 10", "aria-hidden": "true" });
    svg("path", { class: "decoded", d: "M0 5H26" }, dot);
    svg("circle", { class: "decodedDot", cx: 13, cy: 5, r: 4 }, dot);
    const rules = Object.keys(this.data.references).map((name) => {
      const { label, colour, dash } = this.style(name);
      const mark = svg("svg", { viewBox: "0 0 26 10", "aria-hidden": "true" });
      svg(
        "path",
        { class: "rule", d: "M0 5H26", stroke: colour, "stroke-dasharray": dash || null },
        mark,
      );
      return entry(label, mark);
    });
    this.part("legend").replaceChildren(entry("decoded", dot), ...rules);
  }

  drawPanels() {
    const host = this.part("panels");
    const { names } = this.data;
    fit(host, names.length, () => svg("svg", { role: "img" }));
    const reach = Math.max(
      ...this.data.decoded.flat().map(Math.abs),
      ...Object.values(this.data.references).flat().map(Math.abs),
    );
    names.forEach((name, i) => this.drawPanel(host.children[i], name, i, roundHalf(reach)));
  }

  /** @param {SVGSVGElement} root @param {string} name @param {number} index @param {number} half */
  drawPanel(root, name, index, half) {
    const width = root.parentElement?.clientWidth ? root.getBoundingClientRect().width || 260 : 260;
    const { height, left, right, top, bottom } = PANEL;
    const { decoded, references, layer } = this.data;
    const last = decoded.length - 1;
    const sx = scale(0, last, left + 8, width - right - 8);
    const sy = scale(-half, half, height - bottom, top);
    const values = decoded.map((row) => row[index]);
    set(root, {
      viewBox: `0 0 ${width} ${height}`,
      height,
      "aria-label":
        `${name}: decoded ${show(values[0])} at the input, ${show(values[last])} after layer ${last}. ` +
        Object.entries(references)
          .map(([method, row]) => `${this.style(method).label} ${show(row[index])}`)
          .join(", "),
    });
    root.replaceChildren();
    const step = (sx(1) - sx(0)) / 2;
    const shown = layer ?? last;
    svg(
      "rect",
      { class: "now", x: sx(shown) - step, y: top, width: 2 * step, height: height - top - bottom },
      root,
    );
    for (const t of [-half, 0, half]) {
      svg("path", { class: t ? "grid" : "zero", d: `M${left} ${sy(t)}H${width - right}` }, root);
      svg("text", { x: left - 4, y: sy(t) + 4, "text-anchor": "end" }, root).textContent =
        tickLabel(t);
    }
    for (let l = 0; l <= last; l += 2)
      svg("text", { x: sx(l), y: height - 6, "text-anchor": "middle" }, root).textContent = String(
        l || "in",
      );
    svg("text", { class: "name", x: left, y: 13 }, root).textContent = name;
    for (const [method, row] of Object.entries(references)) {
      const { colour, dash } = this.style(method);
      const d = `M${left} ${sy(clamp(row[index], -2 * half, 2 * half))}H${width - right}`;
      svg("path", { class: "rule", d, stroke: colour, "stroke-dasharray": dash || null }, root);
    }
    svg("path", { class: "decoded", d: pathOf([...values.keys()], values, sx, sy) }, root);
    values.forEach((value, l) =>
      svg(
        "circle",
        {
          class: "decodedDot",
          cx: sx(l),
          cy: sy(clamp(value, -2 * half, 2 * half)),
          r: l === shown ? 5.5 : 3.5,
        },
        root,
      ),
    );
  }

  drawHeat() {
    const host = this.part("heat");
    const { heat, k, layer } = this.data;
    const [rows, columns] = [heat.length, heat[0].length];
    const width = host.clientWidth || 420;
    const [left, top, size, bottom] = [46, 4, 19, 34];
    const height = top + rows * size + bottom;
    const sx = scale(0, columns, left, width - 4);
    const cell = sx(1) - sx(0);
    const y = (/** @type {number} */ l) => top + (rows - 1 - l) * size;
    const shown = layer ?? rows - 1;
    const root = canvas(host, {
      viewBox: `0 0 ${width} ${height}`,
      height,
      "aria-label": `R² by layer and number of pairs; at your k = ${k} and layer ${shown}: ${show(heat[shown][k - 1])}`,
    });
    heat.forEach((row, l) => {
      svg("text", { x: left - 6, y: y(l) + 14, "text-anchor": "end" }, root).textContent = String(
        l || "input",
      );
      row.forEach((value, i) => {
        const share = `${(100 * clamp(value, 0, 1)).toFixed(0)}%`;
        const fill = `color-mix(in srgb, var(--accent) ${share}, var(--wash))`;
        const box = {
          class: "cell",
          x: sx(i),
          y: y(l),
          width: cell + 0.4,
          height: size + 0.4,
          style: `fill:${fill}`,
        };
        const rect = svg("rect", box, root);
        svg("title", {}, rect).textContent =
          `${l ? `layer ${l}` : "input"}, k = ${i + 1}: R² ${show(value)}`;
      });
    });
    svg("rect", { class: "marked", x: sx(k - 1), y: y(shown), width: cell, height: size }, root);
    for (const tick of [1, 10, 20, 30, 40].filter((t) => t <= columns))
      svg(
        "text",
        { x: sx(tick - 0.5), y: height - 18, "text-anchor": "middle" },
        root,
      ).textContent = String(tick);
    svg(
      "text",
      { x: (left + width) / 2, y: height - 3, "text-anchor": "middle" },
      root,
    ).textContent = `pairs seen, k   ·   pale 0, full 1   ·   here ${show(heat[shown][k - 1])}`;
  }

  drawTable() {
    const { names, decoded, table: scores, models, k } = this.data;
    const heads = Object.values(models).map((name) => `R² at k = ${k}: ${name}`);
    const rows = decoded.map((row, l) => {
      const scored = Object.keys(models).map((model) => scores[l][model]);
      const values = [l ? String(l) : "input", ...row.map((v) => show(v, 3)), ...scored];
      return html("tr", {}, ...cells(values));
    });
    this.part("table").replaceChildren(table(["layer", ...names, ...heads], rows));
  }
}

export default component("view", (root) => new View(root));
