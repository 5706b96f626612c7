// How high a figure may be in a room, or over the whole window: it takes what that leaves.

import { isWhole } from "./whole.js";

const AIR = 24; // px under the part that a figure stands in

/**
 * Keeps a figure as high as its screen allows, whatever is above and below it.
 */
export class Fill {
  /** @type {ResizeObserver | undefined} Of what is around the figure. */
  around;

  /** @param {HTMLElement} root The component's. @param {() => void} redraw */
  constructor(root, redraw) {
    this.root = root;
    this.redraw = redraw;
  }

  end() {
    this.around?.disconnect();
  }

  /**
   * The px that are left for a part of the component, at least `least`.
   *
   * In a room what is below it in its column is seen, too; over the whole window what comes down
   * to `last`, and with it `other`, which is as high and may stand below the part.
   *
   * @param {HTMLElement} part @param {number} least @param {HTMLElement} last
   * @param {HTMLElement | null} other
   */
  height(part, least, last, other = null) {
    const box = part.getBoundingClientRect();
    const left = (/** @type {number} */ under, /** @type {number} */ scrolled) =>
      innerHeight - box.top - scrolled - (under - box.bottom) - AIR;
    if (isWhole(this.root)) {
      const alike = other?.getBoundingClientRect();
      const below = alike && alike.top >= box.bottom ? alike.height : 0;
      const all = left(last.getBoundingClientRect().bottom - below, this.root.scrollTop);
      return Math.max(least, below ? all / 2 : all);
    }
    const around = this.root.getRootNode();
    const host = around instanceof ShadowRoot ? around.host : this.root;
    // Where the component stands in a column, what is below it there is to be seen, too;
    // elsewhere the page goes on, and the figure takes the screen.
    const place =
      host.closest("[data-testid=stColumn] [data-testid=stVerticalBlock]") ??
      /** @type {HTMLElement} */ (part.parentElement);
    if (!this.around) {
      this.around = new ResizeObserver(() => this.redraw());
      this.around.observe(place);
    }
    const scrolled = host.closest("[data-testid=stMain]")?.scrollTop ?? 0;
    return Math.max(least, left(place.getBoundingClientRect().bottom, scrolled));
  }
}
