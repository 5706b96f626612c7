// A figure over the whole window, and back: by one small button, or Escape.

import { html, set, svg } from "./dom.js";

const [WHOLE, BACK] = ["Full screen", "Close full screen"];
const [CORNERS, CROSS] = ["M2 6V2H6M10 2H14V6M14 10V14H10M6 14H2V10", "M3 3L13 13M13 3L3 13"];

/** The event of a component that fills the window now, or no longer does. */
export const TURNED = "whole";

/** @param {HTMLElement} root Of a component. */
export const isWhole = (root) => root.classList.contains("whole");

/**
 * Give a component the button, where its HTML has a place marked `data-whole`. What comes back
 * ends it.
 *
 * It covers the window rather than asking the browser for its full screen, as Streamlit does with
 * its charts: that works on every phone, and in a frame of another site.
 *
 * @param {HTMLElement} root
 */
export function offerWhole(root) {
  const place = root.querySelector("[data-whole]");
  if (!place) return () => {};
  const turn = (/** @type {boolean} */ whole) => {
    root.classList.toggle("whole", whole);
    button.ariaLabel = button.title = whole ? BACK : WHOLE;
    set(line, { d: whole ? CROSS : CORNERS });
    button.focus();
    root.dispatchEvent(new Event(TURNED)); // its figure is drawn for another size
  };
  const button = html("button", {
    type: "button",
    className: "wholeButton",
    title: WHOLE,
    ariaLabel: WHOLE,
    onclick: () => turn(!isWhole(root)),
  });
  const icon = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, button);
  const line = svg("path", { d: CORNERS }, icon);
  const leave = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || !isWhole(root)) return;
    event.stopImmediatePropagation(); // it is not the end of presenting, too
    turn(false);
  };
  addEventListener("keydown", leave, true);
  place.append(button);
  return () => removeEventListener("keydown", leave, true);
}
