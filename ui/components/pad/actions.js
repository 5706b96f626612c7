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
  copyEmbed,
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
  copy(lab, linkOf(lab, {}), "copyLink");
}

/**
 * A frame with the pad alone, for a page of another site.
 *
 * @param {Lab} lab
 */
function copyEmbed(lab) {
  const source = linkOf(lab, { embed: "true" }).replaceAll("&", "&amp;");
  const frame = `<iframe src="${source}" title="A model within a model" width="100%" height="640" style="border: 0" loading="lazy"></iframe>`;
  copy(lab, frame, "copyEmbed");
}

/**
 * What reproduces the screen.
 *
 * @param {Lab} lab
 * @param {Record<string, string>} more
 */
function linkOf(lab, more) {
  const link = new URL(location.href);
  link.search = new URLSearchParams({ ...lab.data.link, ...more }).toString();
  return link.href;
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
