// What the charts beside the stream share.

import { canvas } from "../shared/dom.js";
import { show } from "../shared/numbers.js";

/** @typedef {{ root: SVGSVGElement, width: number, height: number }} Chart */

/**
 * A chart as wide as its place.
 *
 * @param {HTMLElement} host @param {number} height @param {string} label
 * @returns {Chart}
 */
export function view(host, height, label) {
  const width = host.clientWidth || 340;
  const viewBox = `0 0 ${width} ${height}`;
  const root = canvas(host, { class: "view", viewBox, height, "aria-label": label });
  return { root, width, height };
}

/** @param {number[]} w */
export const row = (w) => w.map((part) => show(part)).join(", ");
