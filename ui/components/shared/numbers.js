// Numbers as a visitor reads and writes them.

/** @param {number} t */
export const tickLabel = (t) => show(t, Number.isInteger(t) ? 0 : 1);

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** @param {number} value @param {number} [digits] */
export const show = (value, digits = 2) =>
  (Math.abs(value) >= 1e5 ? value.toExponential(1) : value.toFixed(digits))
    .replace(/^-(0(\.0*)?)$/, "$1")
    .replace("-", "−");

/**
 * The number with the fewest digits that the network, which reads float32, takes for the same.
 *
 * @param {number} value
 */
export function shortest(value) {
  const meant = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const found = Number(meant.toPrecision(digits));
    if (Math.fround(found) === meant) return found + 0; // of -0, 0
  }
  return Number(meant.toPrecision(9));
}

/** What is not to be read as a number: its message follows the name of what it was to be. */
export class Unreadable extends Error {}

const NUMBER = /^[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:e[+-]?[0-9]+)?$/i;
const EITHER = /^[+-]?[1-9][0-9]{0,2},[0-9]{3}$/;
const GROUPED = /^[+-]?[0-9]{1,3}(?:[ ,.'’_\u00a0\u202f][0-9]{3})+(?:[.,][0-9]*)?$/;

/**
 * A finite number, with a decimal point or comma, and - or − before it: as `number` of
 * `ui/visitor/fields.py`, which has the same cases in its tests.
 *
 * @param {string} text
 * @throws {Unreadable} For what is no number, and what is a thousand to some: 1,234.
 */
export function readNumber(text) {
  const plain = text.trim().replaceAll("−", "-");
  const isNumber = NUMBER.test(plain);
  if (EITHER.test(plain) || (!isNumber && GROUPED.test(plain)))
    throw new Unreadable("may be a thousand or a fraction: write it without separators");
  if (!isNumber) throw new Unreadable("is not a number");
  const found = Number(plain.replace(",", "."));
  if (!Number.isFinite(found)) throw new Unreadable("is not a finite number");
  return found;
}

/**
 * What a number may be.
 *
 * @typedef {object} Bounds
 * @property {number} low
 * @property {number} high
 * @property {boolean} [whole]
 */

/**
 * A number that is accepted where its bounds are these.
 *
 * @param {string} text @param {Bounds} bounds
 * @throws {Unreadable}
 */
export function readWithin(text, { low, high, whole = false }) {
  const found = readNumber(text);
  if (whole && !Number.isInteger(found)) throw new Unreadable("must be a whole number");
  if (found < low || found > high)
    throw new Unreadable(`must lie between ${inFull(low)} and ${inFull(high)}`);
  return found;
}

/** @param {number} value */
const inFull = (value) => String(value).replace("-", "−");
