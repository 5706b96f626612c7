// What the buttons, ticks and keys around the plane do.

import { flash, save, toPng } from "../shared/files.js";
import { toCsv } from "./csv.js";
import { addAtQuery, clear, pickLayer, sample, toggleTruth } from "./gestures.js";
import { keyOnPad } from "./keyboard.js";

/** By a button's `data-do` in the pad's HTML. */
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

export function bindActions(lab) {
  const { root, view } = lab;
  for (const button of root.querySelectorAll("[data-do]"))
    button.onclick = () => ACTIONS[button.dataset.do](lab);
  view.part("truth").onchange = (event) => toggleTruth(lab, event.target.checked);
  view.part("layer").oninput = (event) => pickLayer(lab, Number(event.target.value), true);
  root.onkeydown = (event) => keyOnPad(lab, event);
}

function copyLink(lab) {
  const link = new URL(location.href);
  link.search = new URLSearchParams(lab.data.link).toString();
  copy(lab, link.href, "copyLink");
}

function copyPython(lab) {
  copy(lab, lab.data.python, "copyPython");
}

async function copy(lab, text, action) {
  const field = lab.view.part("byHand");
  field.value = text;
  try {
    await navigator.clipboard.writeText(text);
    field.hidden = true;
    flash(lab.root.querySelector(`[data-do=${action}]`), "Copied");
    lab.announce("Copied");
  } catch {
    field.hidden = false; // no clipboard outside https: show the text to copy by hand
    field.select();
  }
}

function downloadCsv(lab) {
  const text = toCsv(lab.data, lab.screen.points, lab.shown());
  save(new Blob([text], { type: "text/csv" }), "prompt.csv");
}

async function downloadPng(lab) {
  const background = getComputedStyle(lab.root).backgroundColor;
  save(await toPng(lab.view.drawing(), background), "prompt.png");
}
