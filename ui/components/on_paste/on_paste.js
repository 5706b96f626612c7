// A text area whose text goes to the page as soon as something is pasted: `data.label` is its name.

/** @import { Given } from "../shared/component.js" */

import { component } from "../shared/component.js";

// Streamlit's own key for "take it".
const TAKE = { key: "Enter", code: "Enter", ctrlKey: true, bubbles: true };

class OnPaste {
  /** @type {{ label: string }} */
  data;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.follow = (/** @type {Event} */ event) => this.pasted(event.target);
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

  /** @param {EventTarget | null} field */
  pasted(field) {
    if (!(field instanceof HTMLTextAreaElement) || field.ariaLabel !== this.data.label) return;
    // The text is in the field only once the event is over.
    setTimeout(() => field.dispatchEvent(new KeyboardEvent("keydown", TAKE)));
  }
}

export default component("on_paste", (root) => new OnPaste(root));
