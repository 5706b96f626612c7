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
   * @param {HTMLElement} part @param {number} least
   */
  height(part, least) {
    const box = part.getBoundingClientRect();
    if (isWhole(this.root)) {
      // What stands beside it may be taller: only what is below it in its own place counts.
      const beside = [...(part.parentElement?.children ?? [])];
      const lowest = Math.max(...beside.map((node) => node.getBoundingClientRect().bottom));
      return Math.max(
        least,
        innerHeight - box.top - this.root.scrollTop - lowest + box.bottom - AIR,
      );
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
    const below = place.getBoundingClientRect().bottom - box.bottom;
    const scrolled = host.closest("[data-testid=stMain]")?.scrollTop ?? 0;
    return Math.max(least, innerHeight - box.top - scrolled - below - AIR);
  }
}
