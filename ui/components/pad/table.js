// The same as numbers: the points to type into, or the weights to read.

/** @import { Lab } from "./lab.js" */

import { html } from "../shared/dom.js";
import { show } from "../shared/numbers.js";
import { table, titledRow } from "../shared/table.js";
import { add, remove, type } from "./gestures.js";

/** @param {HTMLElement} host @param {Lab} lab */
export function drawTable(host, lab) {
  if (!lab.data.plane) return host.replaceChildren(weightTable(lab));
  const rows = lab.screen.points.map(([x, y], i) => pointRow(lab, i, x, y));
  host.replaceChildren(
    table(["Example", "x", "y", ""], rows),
    html("button", { type: "button", onclick: () => add(lab, lab.screen.query, 0) }, "Add a row"),
  );
}

/** @param {Lab} lab @param {number} i @param {number} x @param {number} y */
function pointRow(lab, i, x, y) {
  const bin = html(
    "button",
    { type: "button", "aria-label": `Delete example ${i + 1}`, onclick: () => remove(lab, i) },
    "Delete",
  );
  return titledRow(String(i + 1), [field(lab, i, 0, x), field(lab, i, 1, y), bin]);
}

/** @param {Lab} lab @param {number} i @param {0 | 1} axis @param {number} value */
function field(lab, i, axis, value) {
  const input = html("input", {
    type: "number",
    step: "any",
    value: Number(value.toFixed(4)),
    "aria-label": `${"xy"[axis]} of example ${i + 1}`,
  });
  input.onchange = () => type(lab, i, axis, input);
  return input;
}

/** @param {Lab} lab */
function weightTable(lab) {
  const { rows, truth } = lab.data.weights;
  const row = (/** @type {string} */ label, /** @type {number[]} */ weights) =>
    titledRow(
      label,
      weights.map((w) => show(w, 3)),
    );
  const learners = lab.shown().filter((name) => rows[name]);
  const named = learners.map((name) => row(lab.styles[name].label, rows[name]));
  const count = (truth ?? rows[learners[0]] ?? []).length;
  return table(
    ["Method", ...Array.from({ length: count }, (_, i) => `w${i + 1}`)],
    truth ? [row("Truth", truth), ...named] : named,
  );
}
