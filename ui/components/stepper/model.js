// The model that the stream holds, as a line on the plane or as weights.

/** @import { Attributes } from "../shared/dom.js" */
/** @import { Chart } from "./chart.js" */
/** @import { Stepper } from "./walk.js" */

import { svg } from "../shared/dom.js";
import { pathOf, roundHalf, scale, ticks } from "../shared/geometry.js";
import { clamp, tickLabel } from "../shared/numbers.js";
import { row, view } from "./chart.js";

/** @param {HTMLElement} host @param {Stepper} st */
export function drawModel(host, st) {
  const { data, step } = st;
  const w = data.w[step];
  const label = `The stream's w is (${row(w)}); ${data.end.call} has (${row(data.end.w)}).`;
  if (data.plane) drawLine(view(host, 224, label), st, w, data.plane);
  else drawWeightBars(view(host, 40 + 46 * w.length, label), st, w);
}

/**
 * @param {Chart} chart
 * @param {Stepper} st
 * @param {number[]} w
 * @param {{ x: number, y: number }} plane Its half-widths.
 */
function drawLine({ root, width, height }, st, w, plane) {
  const { data } = st;
  const [left, right, top, bottom] = [26, width - 4, 6, height - 20];
  const sx = scale(-plane.x, plane.x, left, right);
  const sy = scale(-plane.y, plane.y, bottom, top);
  const paper = { class: "paper", x: left, y: top, width: right - left, height: bottom - top };
  const clip = svg("clipPath", { id: st.clip }, root);
  svg("rect", paper, clip);
  svg("rect", paper, root);
  for (const t of ticks(plane.x)) {
    svg("path", { class: t ? "grid" : "zero", d: `M${sx(t)} ${top}V${bottom}` }, root);
    const at = { x: sx(t), y: bottom + 15, "text-anchor": "middle" };
    svg("text", at, root).textContent = tickLabel(t);
  }
  for (const t of ticks(plane.y)) {
    svg("path", { class: t ? "grid" : "zero", d: `M${left} ${sy(t)}H${right}` }, root);
    const at = { x: left - 5, y: sy(t) + 4, "text-anchor": "end" };
    svg("text", at, root).textContent = tickLabel(t);
  }
  const clipped = svg("g", { "clip-path": `url(#${st.clip})` }, root);
  const line = (/** @type {number[]} */ weights, /** @type {Attributes} */ look) => {
    const ends = [-plane.x, plane.x];
    const ys = ends.map((x) => weights[0] * x + (weights[1] ?? 0));
    svg("path", { class: "line", d: pathOf(ends, ys, sx, sy), ...look }, clipped);
  };
  if (data.truth) line(data.truth, { stroke: st.colour("truth"), class: "truth" });
  line(data.end.w, {
    stroke: st.colour(data.program),
    "stroke-width": 2,
    "stroke-dasharray": "6 5",
  });
  line(w, { stroke: st.colour(data.program), "stroke-width": 4 });
  data.points.forEach(([x, y], i) => {
    svg("circle", { class: "dot", cx: sx(x), cy: sy(y), r: 5 }, clipped);
    if (st.inUse(i)) svg("circle", { class: "ring", cx: sx(x), cy: sy(y), r: 9.5 }, clipped);
  });
  const [x] = data.query;
  svg("path", { class: "cursor", d: `M${sx(x)} ${top}V${bottom}` }, root);
  const y = clamp(data.answers[st.step], -1e3, 1e3);
  svg(
    "circle",
    { class: "reading", cx: sx(x), cy: sy(y), r: 5, fill: st.colour(data.program) },
    clipped,
  );
  svg("path", { class: "ask", d: `M${sx(x)} ${bottom - 2}l6 10h-12z` }, root);
}

/** @param {Chart} chart @param {Stepper} st @param {number[]} w */
function drawWeightBars({ root, width }, st, w) {
  const { data } = st;
  const [left, right] = [62, width - 10];
  const all = [...data.w.flat(), ...data.end.w, ...(data.truth ?? [])].map(Math.abs);
  const half = roundHalf(1.05 * Math.max(...all));
  const sx = scale(-half, half, left, right);
  const bottom = 12 + 46 * w.length;
  for (const t of ticks(half)) {
    svg("path", { class: t ? "grid" : "zero", d: `M${sx(t)} 8V${bottom}` }, root);
    const at = { x: sx(t), y: bottom + 18, "text-anchor": "middle" };
    svg("text", at, root).textContent = tickLabel(t);
  }
  w.forEach((value, i) => {
    const y = 12 + 46 * (i + 0.5);
    const constant = data.intercept && i === w.length - 1;
    const name = svg("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, root);
    name.textContent = constant ? "offset" : `weight ${i + 1}`;
    const colour = st.colour(data.program);
    const bar = { class: "line", d: `M${sx(0)} ${y}H${sx(clamp(value, -half, half))}` };
    svg(
      "path",
      { ...bar, stroke: colour, "stroke-width": 14, style: "stroke-linecap: butt" },
      root,
    );
    const mark = { d: `M${sx(data.end.w[i])} ${y - 15}v30`, stroke: colour, "stroke-width": 2 };
    svg("path", { class: "line", "stroke-dasharray": "4 3", ...mark }, root);
    if (data.truth)
      svg(
        "path",
        { class: "truth", d: `M${sx(data.truth[i])} ${y - 17}v34`, stroke: st.colour("truth") },
        root,
      );
  });
}
