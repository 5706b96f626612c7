// The controls of the task.

/** @import { Row } from "./controls.js" */
/** @import { Lab } from "./lab.js" */

import { html, put } from "../shared/dom.js";
import { numberField } from "../shared/number_field.js";
import { slider, tick, updating } from "./controls.js";

/** @param {HTMLElement} host @param {Lab} lab */
export function drawTask(host, lab) {
  const names = Object.keys(TASK).filter((name) => !lab.data.hide.includes(name));
  if (names.join() !== host.dataset.rows) {
    host.dataset.rows = names.join();
    const made = (/** @type {boolean} */ folded) =>
      names.filter((name) => FOLDED.includes(name) === folded).map((name) => TASK[name](lab));
    const under = made(true);
    host.replaceChildren(...made(false), ...(under.length ? [fold(lab, under)] : []));
  }
  for (const row of host.children) /** @type {Row} */ (row).update();
}

/** What a line on the plane does without: one click away as long as it is as it was. */
const FOLDED = ["d", "intercept"];

/** @param {Lab} lab @param {Row[]} rows */
function fold(lab, rows) {
  const summary = html("summary", {});
  const node = html("details", { className: "advanced" }, summary, ...rows);
  let usual = true;
  return updating(node, () => {
    const { d, intercept } = lab.screen;
    const was = usual;
    usual = d === 2 && intercept;
    // What is otherwise is seen, and said where somebody shuts it again.
    if (was && !usual) node.open = true;
    const said = d > 1 && !intercept ? `d = ${d}, no intercept` : `d = ${d}`;
    put(summary, { textContent: usual ? "Advanced" : `Advanced: ${said}` });
    for (const row of rows) row.update();
  });
}

/** @param {string} label @param {Node} control @param {(value: HTMLElement) => void} update */
function taskRow(label, control, update) {
  const value = html("output", {});
  const row = html("label", { className: "row" }, html("span", {}, label), control, value);
  return updating(row, () => update(value));
}

/** @type {Record<string, (lab: Lab) => Row>} */
const TASK = {
  /** @param {Lab} lab */
  d(lab) {
    const most = lab.data.limits.d;
    const range = slider("Number of features d", 1, most, 1, (d, final) =>
      lab.change("d", d, final),
    );
    return taskRow("features d", range, (value) => {
      put(range, { value: String(lab.screen.d) });
      put(value, { textContent: String(lab.screen.d) });
    });
  },
  /** @param {Lab} lab */
  k(lab) {
    const range = slider("Number of examples k", 0, 40, 1, (k, final) => lab.change("k", k, final));
    return taskRow("examples k", range, (value) => {
      const own = lab.screen.drawn && lab.data.plane;
      put(range, { max: String(lab.data.limits.points), disabled: own });
      put(range, { value: String(own ? lab.screen.points.length : lab.screen.k) });
      put(value, { textContent: range.value });
    });
  },
  /** @param {Lab} lab */
  sigma(lab) {
    const levels = lab.data.limits.sigmas;
    const range = slider("Noise σ", 0, levels.length - 1, 1, (index, final) =>
      lab.change("sigma", levels[index], final),
    );
    return taskRow("noise σ", range, (value) => {
      put(range, { value: String(levels.indexOf(lab.screen.sigma)) });
      put(value, { textContent: String(lab.screen.sigma) });
    });
  },
  /** @param {Lab} lab */
  intercept(lab) {
    const { box, label } = tick("intercept (one feature is the constant 1)", (on) =>
      lab.change("intercept", on),
    );
    label.classList.add("row");
    return updating(label, () => {
      box.checked = lab.screen.intercept && lab.screen.d > 1;
      box.disabled = lab.screen.d === 1;
    });
  },
  /** @param {Lab} lab */
  seed(lab) {
    const field = numberField({
      label: "seed",
      bounds: { low: 0, high: 999999, whole: true },
      step: 1,
      take: (seed) => {
        lab.state.sample(Number(seed));
        lab.emit(true);
      },
      say: (sentence) => lab.announce(sentence),
    });
    return taskRow("seed", field, () => field.show(lab.screen.seed));
  },
};
