// An axis of the plane: its numbers, or those of whoever brought the points, in their units.

/** @import { Unit } from "./types.js" */

import { ticks } from "../shared/geometry.js";
import { clamp, shortest, show, tickLabel } from "../shared/numbers.js";

const FINEST = 12; // decimals at most
const EXACT = 3e-7; // how finely float32 tells the numbers of a plane apart
const GROUPED_FROM = 10_000; // a year is no thousand and some

/** @typedef {{ at: number, label: string, isZero: boolean }} Tick */

/** The plane's own numbers. */
class Plain {
  step = 0.1; // of a cell's arrow keys

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /** The value at a place of the plane. @param {number} at */
  value(at) {
    return at;
  }

  /** The place of a value. @param {number} value */
  place(value) {
    return value;
  }

  /** @param {number} at */
  show(at) {
    return show(at);
  }

  /** The value in the fewest digits that bring the place back. @param {number} at */
  exact(at) {
    return shortest(at);
  }

  /** What stands in a cell. @param {number} at */
  typed(at) {
    return at;
  }

  /** What may be typed. @param {number} half */
  bounds(half) {
    return { low: -half, high: half };
  }

  /**
   * @param {number} half @param {number} [least]
   * @returns {Tick[]}
   */
  ticks(half, least) {
    return ticks(half, least).map((at) => ({ at, label: tickLabel(at), isZero: at === 0 }));
  }
}

/** Values with a name and a unit, of which the plane shows centre ± scale · half. */
class Measured {
  /** @param {Unit} unit */
  constructor({ name, centre, scale }) {
    this.name = name;
    this.centre = centre;
    this.scale = scale;
    this.decimals = clamp(2 - Math.floor(Math.log10(scale)), 0, FINEST);
    this.step = Number((scale / 10).toPrecision(1));
  }

  /** @param {number} at */
  value(at) {
    return this.centre + this.scale * at;
  }

  /** @param {number} value */
  place(value) {
    return (value - this.centre) / this.scale;
  }

  /** @param {number} at */
  show(at) {
    return written(this.value(at), this.decimals);
  }

  /** @param {number} at */
  exact(at) {
    const value = this.value(at);
    const least = EXACT * this.scale * Math.max(1, Math.abs(at));
    for (let decimals = 0; decimals <= FINEST; decimals++) {
      const found = Number(value.toFixed(decimals));
      if (Math.abs(found - value) <= least) return found + 0;
    }
    return Number(value.toPrecision(9));
  }

  /** @param {number} at */
  typed(at) {
    return this.exact(at);
  }

  /** @param {number} half */
  bounds(half) {
    const size = 10 ** this.decimals;
    const [low, high] = [this.value(-half), this.value(half)];
    return { low: Math.ceil(low * size) / size, high: Math.floor(high * size) / size };
  }

  /**
   * @param {number} half @param {number} [least]
   * @returns {Tick[]}
   */
  ticks(half, least = 0) {
    const size = roundUp(this.scale * Math.max(half / 4, least));
    const decimals = clamp(-Math.floor(Math.log10(size)), 0, FINEST);
    const first = Math.ceil(this.value(-half) / size);
    const count = Math.floor(this.value(half) / size) - first + 1;
    return Array.from({ length: count }, (_, i) => (first + i) * size).map((value) => ({
      at: this.place(value),
      label: written(value, decimals),
      isZero: Math.abs(value) < size / 2,
    }));
  }
}

/** @typedef {Plain | Measured} Axis */

/**
 * @param {string} letter What it is called where it has no unit.
 * @param {Unit | undefined} unit
 * @returns {Axis}
 */
export const axisOf = (letter, unit) => (unit ? new Measured(unit) : new Plain(letter));

/**
 * The next of 1, 2 and 5 times a power of ten.
 *
 * @param {number} size
 */
function roundUp(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  const times = [1, 2, 5].find((one) => one * power >= size * (1 - 1e-9)) ?? 10;
  return times * power;
}

/** @param {number} value @param {number} decimals */
function written(value, decimals) {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 10 ** -FINEST)) return show(value, decimals);
  const [whole, part] = size.toFixed(decimals).split(".");
  const apart = size < GROUPED_FROM ? whole : whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const told = part ? `${apart}.${part}` : apart;
  return value < 0 && /[1-9]/.test(told) ? `−${told}` : told;
}
