// What stands in a cell for a number: the number that is used, or a text that was refused.

import { clamp, readWithin, shortest, Unreadable } from "./numbers.js";

/** @import { Bounds } from "./numbers.js" */

/** What a cell holds, without a word about how it is drawn. */
export class Entry {
  /** @type {number | null} The number that is used; null for none, where it may be empty. */
  value = null;
  text = "";
  /** @type {string | null} Why the text is not used. */
  trouble = null;

  /** @param {Bounds} bounds @param {{ empty?: boolean }} [may] Whether it may be empty. */
  constructor(bounds, { empty = false } = {}) {
    this.bounds = bounds;
    this.empty = empty;
  }

  /**
   * The number that is used. What was refused stays until that is another one.
   *
   * @param {number | null} value
   */
  show(value) {
    if (this.trouble === null || !same(value, this.value)) this.put(value);
  }

  /** @param {number | null} value */
  put(value) {
    this.value = value;
    this.text = written(value);
    this.trouble = null;
  }

  /**
   * A text that was typed: whether it says another number than the one that is used.
   *
   * @param {string} text
   */
  enter(text) {
    const { value } = this;
    try {
      this.put(this.empty && text.trim() === "" ? null : readWithin(text, this.bounds));
      return !same(value, this.value);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.refuse(text, error.message);
      return false;
    }
  }

  /**
   * Leave a text that is not used in the cell, with why.
   *
   * @param {string} text @param {string} why
   */
  refuse(text, why) {
    const { value } = this;
    const stays = value === null ? "" : `; ${written(value).replace("-", "−")} is used`;
    Object.assign(this, { text, trouble: `${why}${stays}` });
  }

  /**
   * The text some steps up or down from the one in the cell, within the bounds.
   *
   * @param {string} text @param {number} by
   */
  stepped(text, by) {
    let from = Number(written(this.value));
    try {
      from = readWithin(text, this.bounds);
    } catch {
      // What cannot be read is left for the number that is used.
    }
    const { low, high } = this.bounds;
    return written(clamp(Number((from + by).toPrecision(12)), low, high));
  }
}

/**
 * A float32 with its own few digits, any other number in full.
 *
 * @param {number | null} value
 */
function written(value) {
  if (value === null) return "";
  return String(Math.fround(value) === value ? shortest(value) : value);
}

/** @param {number | null} a @param {number | null} b */
const same = (a, b) => (a === null || b === null ? a === b : Math.fround(a) === Math.fround(b));
