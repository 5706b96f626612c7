// A cell for a number: typed as text, so that a comma, a true minus and a pasted column are seen
// before anything else reads them.

/** @import { Bounds } from "./numbers.js" */

import { html, put, set } from "./dom.js";
import { Entry } from "./entry.js";
import { isTable } from "./paste.js";

/**
 * @typedef {object} Wanted
 * @property {string} label
 * @property {Bounds} bounds
 * @property {number} [step] What the arrow keys go up and down by; ten of them with Shift.
 * @property {boolean} [empty] Whether it may be empty.
 * @property {string} [placeholder] What it says when it is empty.
 * @property {string} [title]
 * @property {(value: number | null) => void} take Called with what is typed, where it is accepted.
 * @property {(sentence: string) => void} say Called with a sentence where it is not.
 */

/** @typedef {HTMLElement & { show: (value: number | null) => void, name: (label: string) => void }} NumberField */

let made = 0;

/**
 * @param {Wanted} wanted
 * @returns {NumberField}
 */
export function numberField({ label, bounds, step, empty, placeholder, title, take, say }) {
  const entry = new Entry(bounds, { empty });
  const trouble = html("span", { className: "trouble", id: `trouble-${made++}`, hidden: true });
  const input = html("input", {
    type: "text",
    // Some telephones' keypads for numbers have no minus.
    inputMode: bounds.low < 0 ? "text" : "decimal",
    autocomplete: "off",
    spellcheck: false,
    placeholder: placeholder ?? "",
    title: title ?? "",
    "aria-label": label,
  });
  const draw = () => {
    if (input.value !== entry.text) input.value = entry.text;
    put(trouble, { textContent: entry.trouble ?? "", hidden: !entry.trouble });
    set(input, {
      "aria-invalid": entry.trouble ? "true" : null,
      "aria-describedby": entry.trouble ? trouble.id : null,
    });
  };
  const tell = () => {
    if (entry.trouble) say(`${input.getAttribute("aria-label")} ${entry.trouble}`);
  };
  const enter = (/** @type {string} */ text) => {
    const news = entry.enter(text);
    draw();
    if (news) take(entry.value);
    tell();
  };
  input.onchange = () => enter(input.value);
  input.onblur = () => entry.text !== input.value && draw();
  input.onkeydown = (event) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (event.key === "Escape") entry.put(entry.value);
    else if (way && step) enter(entry.stepped(input.value, way * step * (event.shiftKey ? 10 : 1)));
    else return;
    event.preventDefault();
    draw();
  };
  // The browser would join the lines of a column to one number.
  input.onpaste = (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (event.defaultPrevented || !isTable(text)) return;
    event.preventDefault();
    entry.refuse(input.value, "takes one number, and what you pasted is more than one");
    draw();
    tell();
  };
  const node = html("span", { className: "cell" }, input, trouble);
  return Object.assign(node, {
    show(/** @type {number | null} */ value) {
      const typing = hasFocus(input) && input.value !== entry.text;
      entry.show(value);
      if (!typing) draw();
    },
    name: (/** @type {string} */ name) => input.setAttribute("aria-label", name),
  });
}

/** @param {Element} node */
const hasFocus = (node) =>
  /** @type {Document | ShadowRoot} */ (node.getRootNode()).activeElement === node;
