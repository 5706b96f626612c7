// Over depth: the program and the trained transformer on one scale.

/** @import { StepperData } from "./types.js" */
/** @import { Stepper } from "./walk.js" */

import { svg } from "../shared/dom.js";
import { pathOf, scale } from "../shared/geometry.js";
import { show } from "../shared/numbers.js";
import { row, view } from "./chart.js";

/** @param {HTMLElement} host @param {Stepper} st */
export function drawDepth(host, st) {
  const { data, step } = st;
  const { readouts, answer } = data.trained;
  const series = [...data.answers, ...(readouts ?? []), answer, 0];
  const [low, high] = [Math.min(...series), Math.max(...series)];
  const pad = 0.08 * (high - low) || 1;
  const { root, width, height } = view(host, 206, depthSummary(data));
  const [left, right, top, bottom] = [40, width - 8, 8, height - 38];
  const sx = scale(0, 1, left, right);
  const sy = scale(low - pad, high + pad, bottom, top);
  const last = data.answers.length - 1;
  for (const t of niceTicks(low - pad, high + pad)) {
    svg("path", { class: t ? "grid" : "zero", d: `M${left} ${sy(t)}H${right}` }, root);
    svg("text", { x: left - 6, y: sy(t) + 4, "text-anchor": "end" }, root).textContent = tidy(t);
  }
  for (const t of [0, 0.5, 1]) {
    const anchor = t === 0 ? "start" : t === 1 ? "end" : "middle";
    svg("text", { x: sx(t), y: bottom + 16, "text-anchor": anchor }, root).textContent = [
      "input",
      "share of depth",
      "last layer",
    ][2 * t];
  }
  const shares = data.answers.map((_, i) => i / last);
  const stairs = shares.flatMap((x, i) => (i ? [x, x] : [x]));
  const held = data.answers.flatMap((y, i) => (i ? [data.answers[i - 1], y] : [y]));
  const line = { class: "line", d: pathOf(stairs, held, sx, sy), stroke: st.colour(data.program) };
  svg("path", { ...line, "stroke-width": 2.5 }, root);
  if (readouts) {
    const xs = readouts.map((_, i) => i / (readouts.length - 1));
    const look = {
      stroke: st.colour(data.network),
      "stroke-width": 2.5,
      "stroke-dasharray": "5 4",
    };
    svg("path", { class: "line", d: pathOf(xs, readouts, sx, sy), ...look }, root);
    xs.forEach((x, i) =>
      svg(
        "circle",
        { class: "marker", cx: sx(x), cy: sy(readouts[i]), r: 4.5, fill: look.stroke },
        root,
      ),
    );
  }
  svg("path", { class: "cursor", d: `M${sx(step / last)} ${top}V${bottom}` }, root);
  const here = { cx: sx(step / last), cy: sy(data.answers[step]), r: 5.5 };
  svg("circle", { class: "reading", ...here, fill: st.colour(data.program) }, root);
  drawKey(root, st, left, height - 6);
}

/** @param {SVGSVGElement} root @param {Stepper} st @param {number} left @param {number} y */
function drawKey(root, st, left, y) {
  const { data } = st;
  const names = [["", data.program, "the program"]];
  if (data.trained.readouts) names.push(["5 4", data.network, "trained, read out"]);
  let x = left;
  for (const [dash, name, label] of names) {
    const look = { stroke: st.colour(name), "stroke-width": 3, "stroke-dasharray": dash || null };
    svg("path", { class: "line", d: `M${x} ${y - 4}h22`, ...look }, root);
    const text = svg("text", { x: x + 27, y, class: "name" }, root);
    text.textContent = label;
    x += 40 + 6.6 * label.length;
  }
}

/** @param {StepperData} data */
function depthSummary({ title, answers, trained }) {
  const found = trained.readouts
    ? ` Readouts of the trained layers: ${row(trained.readouts)}.`
    : "";
  return `Answer at the query over depth. ${title}: from ${show(answers[0])} to ${show(answers[answers.length - 1])}.${found}`;
}

/** @param {number} t */
const tidy = (t) => String(Number(t.toPrecision(3))).replace("-", "−");

/** @param {number} low @param {number} high */
function niceTicks(low, high) {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((size) => size >= rough) ?? 10 * power;
  const marks = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) marks.push(i * step);
  return marks;
}
