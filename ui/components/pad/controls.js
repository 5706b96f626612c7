// Sliders and ticks as the pad has them.

import { html } from "../shared/dom.js";

/**
 * @param {string} label
 * @param {number} low
 * @param {number} high
 * @param {number} step
 * @param {(value: number, final: boolean) => void} onInput
 */
export function slider(label, low, high, step, onInput) {
  const input = html("input", { type: "range", min: low, max: high, step, "aria-label": label });
  input.oninput = () => onInput(Number(input.value), false);
  input.onchange = () => onInput(Number(input.value), true);
  return input;
}

/** @param {string} label @param {(on: boolean) => void} onChange */
export function tick(label, onChange) {
  const box = html("input", { type: "checkbox" });
  box.onchange = () => onChange(box.checked);
  return { box, label: html("label", { className: "check" }, box, ` ${label}`) };
}

/** @typedef {HTMLElement & { update: () => void }} Row A control that redraws its own values. */

/**
 * @param {HTMLElement} row @param {() => void} update
 * @returns {Row}
 */
export const updating = (row, update) => Object.assign(row, { update });
