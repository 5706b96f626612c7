// Where things lie: scales, paths, ticks, labels.

import { clamp } from "./numbers.js";

const BEYOND = 4000; // px; further outside, a path is not drawn

/**
 * A linear map from a range of numbers to a range of pixels.
 *
 * @typedef {((value: number) => number) & {
 *   range: [from: number, to: number],
 *   invert: (pixel: number) => number,
 * }} Scale
 */

/**
 * @param {number} low @param {number} high @param {number} from @param {number} to
 * @returns {Scale}
 */
export function scale(low, high, from, to) {
  const at = (/** @type {number} */ value) => from + ((value - low) / (high - low)) * (to - from);
  const invert = (/** @type {number} */ pixel) =>
    low + ((pixel - from) / (to - from)) * (high - low);
  return Object.assign(at, { range: /** @type {[number, number]} */ ([from, to]), invert });
}

/**
 * Evenly spaced numbers over [-half, half], as the server spaces its grid.
 *
 * @param {number} half @param {number} count
 */
export const spaced = (half, count) =>
  Array.from({ length: count }, (_, i) => -half + (2 * half * i) / (count - 1));

/**
 * A path through points, as SVG writes it. Where a y is null it has a gap, and a point between two
 * gaps is a dot.
 *
 * @param {number[]} xs @param {(number | null)[]} ys @param {Scale} sx @param {Scale} sy
 */
export function pathOf(xs, ys, sx, sy) {
  const low = Math.min(...sy.range) - BEYOND;
  const high = Math.max(...sy.range) + BEYOND;
  let d = "";
  for (const [from, to] of stretches(ys)) {
    for (let i = from; i < to; i++) {
      const y = clamp(sy(ys[i] ?? 0), low, high);
      d += `${i > from ? "L" : "M"}${sx(xs[i]).toFixed(1)} ${y.toFixed(1)}`;
    }
    if (to - from === 1 && ys.length > 1) d += "h0";
  }
  return d;
}

/**
 * From where to where there are numbers, the end not included.
 *
 * @param {(number | null)[]} ys
 */
export function stretches(ys) {
  const found = /** @type {[from: number, to: number][]} */ ([]);
  for (let i = 0; i < ys.length; i++) {
    const last = found.at(-1);
    if (ys[i] === null) continue;
    if (last?.[1] === i) last[1] = i + 1;
    else found.push([i, i + 1]);
  }
  return found;
}

/**
 * Push labels apart so that none overlaps; they are sorted in place.
 *
 * @template {{ y: number }} Label
 * @param {Label[]} labels @param {number} gap @param {number} top @param {number} bottom
 */
export function spread(labels, gap, top, bottom) {
  labels.sort((a, b) => a.y - b.y);
  for (let i = 1; i < labels.length; i++)
    labels[i].y = Math.max(labels[i].y, labels[i - 1].y + gap);
  const over = labels.length ? labels[labels.length - 1].y - bottom : 0;
  if (over > 0) for (const label of labels) label.y -= over;
  for (let i = labels.length - 2; i >= 0; i--)
    labels[i].y = Math.min(labels[i].y, labels[i + 1].y - gap);
  for (const label of labels) label.y = Math.max(label.y, top);
  return labels;
}

/**
 * The half-width of an axis that holds a number, from a few that look round.
 *
 * @param {number} reach
 */
export const roundHalf = (reach) => [1, 2, 3, 4, 6].find((half) => reach <= half) ?? 8;

/**
 * Round numbers on an axis, no nearer to each other than `least`.
 *
 * @param {number} half @param {number} [least]
 */
export function ticks(half, least = 0) {
  const usual = half <= 1 ? 0.5 : half <= 4 ? 1 : half <= 8 ? 2 : 4;
  const step = [0.5, 1, 2, 4].find((size) => size >= Math.max(usual, least)) ?? 4;
  const marks = [];
  for (let t = -Math.floor(half / step) * step; t <= half; t += step) marks.push(t);
  return marks;
}
