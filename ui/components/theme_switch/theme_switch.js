// Writes the visitor's theme where Streamlit's own menu would.

/** @import { Given } from "../shared/component.js" */

import { component } from "../shared/component.js";

/**
 * Where Streamlit 1.67 keeps what its menu chose, for a page's path: `THEME_LOCAL_STORAGE_KEY` of
 * its frontend. tests/browser/test_looks.py fails where another version keeps it elsewhere.
 *
 * @param {string} path
 */
export const placeOf = (path) => `stActiveTheme-${path}-v2`;

/**
 * The paths of all pages, each beside the one that is open.
 *
 * @param {string[]} pages @param {string} here
 */
export const pathsOf = (pages, here) => [
  ...new Set([
    new URL(here).pathname,
    ...pages.map((page) => new URL(page || "./", here).pathname),
  ]),
];

const ASKED =
  "The page loads again to change its look. What its link holds stays; what only this visit holds " +
  "is lost: a table, a class's links, lines you typed, a network you trained or brought. Go on?";

class Looks {
  /** @type {string[]} */
  pages = [];

  /** @param {HTMLElement} root */
  constructor(root) {
    this.buttons = root.querySelectorAll("button");
    for (const button of this.buttons)
      button.onclick = () => this.choose(button.dataset.theme ?? "");
  }

  end() {}

  /** @param {Given} given */
  receive({ data }) {
    this.pages = data.pages;
    const now = this.chosen();
    for (const button of this.buttons)
      button.setAttribute("aria-pressed", String(button.dataset.theme === now));
  }

  chosen() {
    try {
      return JSON.parse(localStorage.getItem(placeOf(location.pathname)) ?? '"System"');
    } catch {
      return "System"; // a browser without storage
    }
  }

  /** @param {string} theme */
  choose(theme) {
    if (theme === this.chosen() || !confirm(ASKED)) return;
    try {
      for (const path of pathsOf(this.pages, location.href))
        localStorage.setItem(placeOf(path), JSON.stringify(theme));
      location.reload();
    } catch {
      // Then it stays as the system has it.
    }
  }
}

export default component("looks", (root) => new Looks(root));
