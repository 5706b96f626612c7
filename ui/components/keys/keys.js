// Keys of a page, wherever the focus is: `data.bindings` gives a key its action.

/** @import { Given } from "../shared/component.js" */

import { component } from "../shared/component.js";

const TYPED_INTO =
  "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";

/**
 * Whether the element that has the focus needs this key for itself.
 *
 * @param {KeyboardEvent} event
 */
function isTaken(event) {
  const node = event.composedPath()[0];
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (!(node instanceof Element)) return false;
  if (node.closest(TYPED_INTO)) return true;
  if (event.key === " ")
    return Boolean(node.closest("button, a, summary, [role=button], [role=slider], input"));
  if (event.key.startsWith("Arrow"))
    return Boolean(node.closest("[role=slider], [role=tab], [role=listbox], input, .stDataFrame"));
  return false;
}

class Keys {
  /** @type {{ bindings: Record<string, string> }} */
  data;
  /** @type {Given["setTriggerValue"]} */
  setTriggerValue;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.follow = (/** @type {KeyboardEvent} */ event) => this.press(event);
    addEventListener("keydown", this.follow);
    root.dataset.listening = "";
  }

  /** The page was left. */
  end() {
    removeEventListener("keydown", this.follow);
  }

  /** @param {Given} given */
  receive({ data, setTriggerValue }) {
    this.data = data;
    this.setTriggerValue = setTriggerValue;
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = this.data.bindings[key];
    if (!action || isTaken(event)) return;
    event.preventDefault();
    this.setTriggerValue("pressed", action);
  }
}

export default component("keys", (root) => new Keys(root));
