// A text area whose text goes to the page as soon as something is pasted: `data.label` is its name.
// A whole table takes the place of the one before, as the browser's own undo can take back; cells,
// and rows pasted where a row may begin, go in as ever.

/** @import { Given } from "../shared/component.js" */

import { component } from "../shared/component.js";

// Streamlit's own key for "take it".
const TAKE = { key: "Enter", code: "Enter", ctrlKey: true, bubbles: true };

const LINES = /\S.*\n.*\S/;
const NAMES = /^.*\p{L}{2}/u; // in the first line

/**
 * Whether what is pasted is a table by itself and not more of the one in the field: it has names,
 * or would break the row that it is pasted into.
 * @param {string} pasted
 * @param {HTMLTextAreaElement} field
 */
export function isAnotherTable(pasted, { value, selectionStart }) {
  const inARow = !/(^|\n)$/.test(value.slice(0, selectionStart));
  return LINES.test(pasted) && (inARow || NAMES.test(pasted));
}

class OnPaste {
  /** @type {{ label: string }} */
  data;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.follow = (/** @type {ClipboardEvent} */ event) => this.pasted(event);
    addEventListener("paste", this.follow);
    root.dataset.listening = "";
  }

  /** The page was left. */
  end() {
    removeEventListener("paste", this.follow);
  }

  /** @param {Given} given */
  receive({ data }) {
    this.data = data;
  }

  /** @param {ClipboardEvent} event */
  pasted({ target: field, clipboardData }) {
    if (!(field instanceof HTMLTextAreaElement) || field.ariaLabel !== this.data.label) return;
    if (isAnotherTable(clipboardData?.getData("text/plain") ?? "", field)) field.select();
    // The text is in the field only once the event is over.
    setTimeout(() => field.dispatchEvent(new KeyboardEvent("keydown", TAKE)));
  }
}

export default component("on_paste", (root) => new OnPaste(root));
