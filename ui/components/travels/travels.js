// Streamlit moves the address on Back and Forward and runs the page, but does not tell it so.

/** @import { Given } from "../shared/component.js" */

import { component } from "../shared/component.js";

class Travels {
  /** @type {Given["setTriggerValue"]} */
  setTriggerValue;
  /** @type {string | null} */
  page = null;
  path = "";

  constructor() {
    this.follow = () => this.travel();
    addEventListener("popstate", this.follow);
  }

  /** The app was left. */
  end() {
    removeEventListener("popstate", this.follow);
  }

  /** @param {Given} given */
  receive({ data, setTriggerValue }) {
    this.setTriggerValue = setTriggerValue;
    if (this.page === data.page) return;
    this.page = data.page;
    this.path = location.pathname;
  }

  // To another page Streamlit goes by itself.
  travel() {
    if (location.pathname === this.path) this.setTriggerValue("travelled", Date.now());
  }
}

export default component("travels", () => new Travels());
