// What the buttons, ticks and keys around the plane do.

/** @import { Lab } from "./lab.js" */

import { flash, save, toPng } from "../shared/files.js";
import { toCsv } from "./csv.js";
import { addAtQuery, clear, pickLayer, sample, toggleTruth } from "./gestures.js";
import { keyOnPad } from "./keyboard.js";

/**
 * By a button's `data-do` in the pad's HTML.
 *
 * @type {Record<string, (lab: Lab) => void>}
 */
const ACTIONS = {
  sample,
  addPoint: addAtQuery,
  undo: (lab) => lab.undo(),
  redo: (lab) => lab.redo(),
  clear,
  copyLink,
  copyPython,
  downloadCsv,
  downloadPng,
};

/** @param {Lab} lab */
export function bindActions(lab) {
  const { root, view } = lab;
  for (const [action, button] of view.buttons) button.onclick = () => ACTIONS[action](lab);
  const [truth, layer] = [view.part("truth"), view.part("layer")];
  view.part("takeBack").onclick = () => lab.undo();
  truth.onchange = () => toggleTruth(lab, truth.checked);
  layer.oninput = () => pickLayer(lab, Number(layer.value), true);
  root.onkeydown = (event) => keyOnPad(lab, event);
}

/** @param {Lab} lab */
function copyLink(lab) {
  const link = new URL(location.href);
  link.search = new URLSearchParams(lab.data.link).toString();
  copy(lab, link.href, "copyLink");
}

/** @param {Lab} lab */
function copyPython(lab) {
  copy(lab, lab.data.python, "copyPython");
}

/** @param {Lab} lab @param {string} text @param {string} action */
async function copy(lab, text, action) {
  const field = lab.view.part("byHand");
  field.value = text;
  try {
    await navigator.clipboard.writeText(text);
    field.hidden = true;
    flash(/** @type {HTMLElement} */ (lab.view.buttons.get(action)), "Copied");
    lab.announce("Copied");
  } catch {
    field.hidden = false; // no clipboard outside https: show the text to copy by hand
    field.select();
  }
}

/** @param {Lab} lab */
function downloadCsv(lab) {
  const text = toCsv(lab.data, lab.screen.points, lab.shown(), lab);
  save(new Blob([text], { type: "text/csv" }), "prompt.csv");
}

/** @param {Lab} lab */
async function downloadPng(lab) {
  const background = getComputedStyle(lab.root).backgroundColor;
  const drawing = lab.view.drawing();
  if (drawing) save(await toPng(drawing, background, unnamed(lab)), "prompt.png");
}

/**
 * What the picture shows and does not name.
 *
 * @param {Lab} lab
 */
function unnamed(lab) {
  if (lab.data.plane && lab.view.plane.isNamed) return [];
  const { rows } = lab.data.weights ?? { rows: null };
  const truth = lab.data.plane ? lab.truth || lab.truthCurve : lab.data.weights.truth;
  const names = lab.shown().filter((name) => !rows || rows[name]);
  return [...names, ...(truth ? ["truth"] : [])].map((name) => ({
    text: lab.styles[name].label,
    colour: lab.colour(name),
    marker: lab.styles[name].marker,
  }));
}
