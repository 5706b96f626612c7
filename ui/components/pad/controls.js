// Sliders and ticks as the pad has them.

import { html } from "../shared/dom.js";

export function slider(label, low, high, step, onInput) {
  const input = html("input", { type: "range", min: low, max: high, step, "aria-label": label });
  input.oninput = () => onInput(Number(input.value), false);
  input.onchange = () => onInput(Number(input.value), true);
  return input;
}

export function tick(label, onChange) {
  const box = html("input", { type: "checkbox", onchange: () => onChange(box.checked) });
  return [box, html("label", { className: "check" }, box, ` ${label}`)];
}

/** Whether this very element is being typed into. */
export const hasFocus = (node) => node.getRootNode().activeElement === node;
