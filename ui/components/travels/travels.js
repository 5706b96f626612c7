// Streamlit moves the address on Back and Forward and runs the page, but does not tell it so.
// And it moves to another page's address somewhat later than it shows the page.

const MOST_LOOKS = 300; // once a frame; the address follows within a few

/** @import { Given } from "../shared/component.js" */

import { component } from "../shared/component.js";
import { tellOfTheLine } from "../shared/line_down.js";
import { bearTranslators } from "../shared/translated.js";

class Travels {
  /** @type {Given["setTriggerValue"]} */
  setTriggerValue;
  /** @type {string | null} */
  page = null;
  arrival = 0;

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
    if (this.arrival !== data.arrival) {
      this.arrival = data.arrival;
      this.complete(data.page, data.query, MOST_LOOKS);
    }
    this.page = data.page;
  }

  /**
   * Put the link of a page behind its address, in place of the bare one.
   *
   * @param {string} page @param {string} query @param {number} looks
   */
  complete(page, query, looks) {
    if (this.at() !== page) {
      if (looks) requestAnimationFrame(() => this.complete(page, query, looks - 1));
    } else if (query && !location.search) {
      history.replaceState(history.state, "", `${location.pathname}?${query}`);
    }
  }

  /** The page that the address names. */
  at() {
    return location.pathname.split("/").pop();
  }

  // To another page Streamlit goes by itself.
  travel() {
    if (this.at() === this.page) this.setTriggerValue("travelled", Date.now());
  }
}

// Here, since this part is on every page.
bearTranslators();
tellOfTheLine();

export default component("travels", () => new Travels());
