// The weight view, for tasks that are not a line on the plane.

/** @import { Lab } from "./lab.js" */
/** @import { Point } from "./types.js" */

import { html, set, svg } from "../shared/dom.js";
import { pathOf, roundHalf, scale, ticks } from "../shared/geometry.js";
import { clamp, show, tickLabel } from "../shared/numbers.js";

/** @import { WeightBars } from "./weight_bars.js" */

/** @param {HTMLElement} host @param {Lab} lab @param {WeightBars} bars */
export function drawWeights(host, lab, bars) {
  const { weights, zoom } = lab.data;
  const width = (host.clientWidth || 640) / zoom;
  const wide = weights.paths && width > 560;
  // The bars stay, so that focus and a captured pointer survive.
  for (const node of [...host.children]) if (node !== bars.root) node.remove();
  if (!bars.root.isConnected) host.append(bars.root);
  host.classList.toggle("two", Boolean(wide));
  drawDots(host, lab, bars, wide ? width / 2 - 8 : width);
  if (weights.paths) drawPaths(host, lab, wide ? width / 2 - 8 : width);
}

/**
 * @param {HTMLElement} host @param {Lab} lab @param {WeightBars} bars
 * @param {number} width
 */
function drawDots(host, lab, bars, width) {
  const { rows, intercept } = lab.data.weights;
  const truth = lab.trueWeights;
  const dims = lab.screen.d;
  const [left, right, top, step] = [74, width - 14, 14, Math.max(46, 340 / dims)];
  const height = top + dims * step + 34;
  const names = lab.shown().filter((name) => rows[name]);
  const reach = [[1], truth, ...names.map((name) => rows[name])].flat().map(Math.abs);
  const half = bars.reach(roundHalf(1.1 * Math.max(...reach)));
  const sx = scale(-half, half, left, right);
  const [root, { scene, marks }] = [bars.root, bars];
  set(root, {
    viewBox: `0 0 ${width} ${height}`,
    height: height * lab.data.zoom,
    "aria-label": weightSummary(lab, names),
  });
  scene.replaceChildren();
  marks.replaceChildren();
  for (const t of ticks(half)) {
    const d = `M${sx(t)} ${top}V${height - 34}`;
    svg("path", { class: t ? "grid" : "zero", d }, scene);
    svg("text", { x: sx(t), y: height - 16, "text-anchor": "middle" }, scene).textContent =
      tickLabel(t);
  }
  const at = (/** @type {number} */ i) => top + (i + 0.5) * step;
  const name = (/** @type {number} */ i) =>
    intercept && i === dims - 1 ? "offset" : `weight ${i + 1}`;
  for (let i = 0; i < dims; i++) {
    svg("text", { x: left - 10, y: at(i) + 4, "text-anchor": "end" }, scene).textContent = name(i);
    svg("path", { class: "grid", d: `M${left} ${at(i)}H${right}` }, scene);
    names.forEach((method, j) => {
      const nudge = (j - (names.length - 1) / 2) * Math.min(9, 30 / names.length);
      svg(
        "path",
        {
          class: "marker",
          d: lab.styles[method].marker,
          fill: lab.colour(method),
          transform: `translate(${sx(clamp(rows[method][i], -half, half))} ${at(i) + nudge})`,
        },
        marks,
      );
    });
  }
  bars.draw(truth, sx, at, name);
  host.append(
    html(
      "p",
      { className: "hint" },
      ...(truth.length ? ["Bar: the true weight. "] : []),
      ...names.map((one) => key(lab, one)),
      fitsInWords(lab),
    ),
  );
}

/**
 * A method's mark and its name.
 *
 * @param {Lab} lab @param {string} name
 */
function key(lab, name) {
  const mark = svg("svg", { viewBox: "-8 -8 16 16", width: 14, height: 14, "aria-hidden": "true" });
  svg("path", { d: lab.styles[name].marker, fill: lab.colour(name) }, mark);
  return html("span", { className: "markKey" }, mark, lab.styles[name].label);
}

/**
 * A network's weights are read off its answers, so how well they say what it does is said too.
 *
 * @param {Lab} lab
 */
function fitsInWords(lab) {
  return Object.entries(lab.data.weights.fits)
    .filter(([name]) => lab.methods().includes(name))
    .map(
      ([name, fit]) =>
        `The ${lab.styles[name].label.toLowerCase()}'s are fitted to its answers at 64 fresh ` +
        `inputs: R² ${show(fit, 3)}. ` +
        (fit < 0.98 ? "Well below 1, so it is not acting as a linear model here." : ""),
    )
    .join(" ");
}

/** @param {Lab} lab @param {string[]} names */
function weightSummary(lab, names) {
  const { rows } = lab.data.weights;
  const truth = lab.trueWeights;
  const say = (/** @type {string} */ label, /** @type {number[]} */ row) =>
    `${label} ${row.map((w) => show(w)).join(", ")}`;
  const parts = names.map((name) => say(lab.styles[name].label, rows[name]));
  return (truth.length ? [say("True weights", truth), ...parts] : parts).join("; ");
}

/** @param {HTMLElement} host @param {Lab} lab @param {number} width */
function drawPaths(host, lab, width) {
  const { paths, truth, rows } = lab.data.weights;
  if (!paths) return;
  const size = Math.min(width, 400);
  const marked = rows.ridge ? ["ridge"] : [];
  const networks = Object.keys(lab.data.weights.fits).filter((name) => paths[name]);
  const corner = [...networks.flatMap((name) => paths[name]), truth ?? [1]];
  const reach = [...corner, ...marked.map((name) => rows[name])].flat().map(Math.abs);
  const half = roundHalf(1.15 * Math.max(...reach));
  const [sx, sy] = [scale(-half, half, 30, size - 10), scale(-half, half, size - 30, 10)];
  const box = {
    class: "weights paths",
    viewBox: `0 0 ${size} ${size}`,
    height: size * lab.data.zoom,
    role: "img",
  };
  const root = svg("svg", box, host);
  set(root, { "aria-label": "Plane of the two weights with the paths of both learners" });
  for (const t of ticks(half)) {
    svg("path", { class: t ? "grid" : "zero", d: `M${sx(t)} 10V${size - 30}` }, root);
    svg("path", { class: t ? "grid" : "zero", d: `M30 ${sy(t)}H${size - 10}` }, root);
    svg("text", { x: sx(t), y: size - 14, "text-anchor": "middle" }, root).textContent =
      tickLabel(t);
  }
  const title = { class: "axisTitle" };
  svg("text", { ...title, x: size - 12, y: sy(0) - 6, "text-anchor": "end" }, root).textContent =
    "weight 1";
  svg("text", { ...title, x: sx(0) + 6, y: 22 }, root).textContent = "weight 2";
  const mark = (/** @type {string} */ name, /** @type {number[]} */ [a, b]) => {
    const transform = `translate(${sx(a)} ${sy(b)})`;
    const look = { class: "marker", d: lab.styles[name].marker, fill: lab.colour(name), transform };
    svg("path", look, root);
  };
  const trace = (/** @type {string} */ name, /** @type {Point[]} */ points) => {
    const xs = points.map(([a]) => a);
    const ys = points.map(([, b]) => b);
    const dash = lab.styles[name].dash || null;
    const look = { stroke: lab.colour(name), "stroke-width": 2, "stroke-dasharray": dash };
    svg("path", { class: "curve", d: pathOf(xs, ys, sx, sy), ...look }, root);
    for (const [a, b] of points)
      svg("circle", { cx: sx(a), cy: sy(b), r: 2.4, fill: lab.colour(name) }, root);
    mark(name, points[points.length - 1]);
  };
  // Networks come last, so that they lie on top.
  const rules = Object.keys(paths).filter((name) => !networks.includes(name));
  for (const name of [...rules, ...networks]) trace(name, paths[name]);
  for (const name of marked) mark(name, rows[name]);
  if (truth)
    svg("path", { class: "tick", d: `M${sx(truth[0]) - 9} ${sy(truth[1])}h18m-9-9v18` }, root);
  host.append(
    html(
      "p",
      { className: "hint" },
      "The plane of the two weights. " +
        rules.map((name) => `${lab.styles[name].label}: step by step from zero. `).join("") +
        networks
          .map(
            (name) =>
              `${lab.styles[name].label}: its implicit weights as it sees one more example at a time. `,
          )
          .join("") +
        marked.map((name) => `${lab.styles[name].label}: in the end. `).join("") +
        (truth ? "Cross: the truth." : ""),
    ),
  );
}
