// What a visitor has on the pad: the screen, the true line behind it, a guess.

/** @import { Line, PadData, Point, Screen, Shown } from "./types.js" */

/** Where the true line is held, as shares of the half-width. */
export const HANDLES = [-0.75, 0.75];
/** @type {(keyof Shown)[]} */
const TASK_KEYS = ["points", "drawn", "line", "weights", "d", "intercept", "sigma", "k", "seed"];

/** The visitor's side of the pad, without a word about how it is drawn or sent. */
export class State {
  /** @type {Screen} There from the first answer on. */
  screen;
  /** @type {Line | null} */
  truth = null;
  /** @type {number[] | null} The true answers over the plane; null while they are being moved. */
  curve = null;
  guess = 0;

  /**
   * Take over what Python has answered.
   *
   * @param {PadData} data
   */
  adopt(data) {
    this.screen = Object.assign({}, data.screen, { drawn: data.drawn });
    this.truth = data.truth?.line ?? null;
    this.curve = data.truth?.curve ?? null;
    this.guess = data.guess?.value ?? 0;
  }

  /** What can be undone, as text. */
  snapshot() {
    return JSON.stringify(Object.fromEntries(TASK_KEYS.map((key) => [key, this.screen[key]])));
  }

  /** @param {string} snapshot */
  restore(snapshot) {
    Object.assign(this.screen, JSON.parse(snapshot));
  }

  /** The screen as Python reads it: sampled points are made anew from their seed. */
  changes() {
    const { drawn, ...screen } = this.screen;
    return { ...screen, points: drawn ? screen.points : null };
  }

  /** From here on the points are the visitor's own, on no line. */
  own() {
    this.screen.drawn = true;
    this.screen.line = null;
    this.truth = null;
    this.curve = null;
  }

  /** @param {number} x @param {number} y */
  add(x, y) {
    this.own();
    this.screen.points.push([x, y]);
  }

  /** @param {number} index @param {number} x @param {number} y */
  move(index, x, y) {
    this.own();
    this.screen.points[index] = [x, y];
  }

  /** @param {number} index @param {0 | 1} axis @param {number} value */
  set(index, axis, value) {
    this.own();
    this.screen.points[index][axis] = value;
  }

  /**
   * Numbers down a column, or both columns, from a point on; points that are not there yet are
   * made, with 0 where no number is given.
   *
   * @param {number} from @param {0 | 1} axis Of a single column. @param {number[][]} rows
   */
  fill(from, axis, rows) {
    this.own();
    rows.forEach((row, i) => {
      const [x, y] = this.screen.points[from + i] ?? [0, 0];
      const single = axis ? [x, row[0]] : [row[0], y];
      this.screen.points[from + i] = /** @type {Point} */ (row.length === 2 ? row : single);
    });
  }

  /** @param {number} index */
  remove(index) {
    this.own();
    this.screen.points.splice(index, 1);
  }

  clear() {
    this.own();
    this.screen.points = [];
  }

  /** @param {number} seed */
  sample(seed) {
    Object.assign(this.screen, { seed, drawn: false, line: null, weights: null });
  }

  /** @param {number[]} noise */
  showTruth(noise) {
    this.truth = this.screen.d === 1 ? [0.6, 0] : [0.6, 0.2];
    this.follow(noise);
  }

  /**
   * Move the true line at a handle, the other one staying where it is; through 0 for d = 1.
   *
   * @param {number} index
   * @param {number} y
   * @param {number} half
   * @param {number[]} noise
   */
  turnTruth(index, y, half, noise) {
    if (!this.truth) return;
    const [a, b] = HANDLES.map((share) => share * half);
    const [slope, offset] = this.truth;
    const held = [slope * a + offset, slope * b + offset];
    held[index] = y;
    const through = this.screen.d >= 2;
    const turned = through ? (held[1] - held[0]) / (b - a) : y / [a, b][index];
    this.truth = [turned, through ? held[0] - turned * a : 0];
    this.follow(noise);
  }

  /** @param {0 | 1} part The slope, or the offset. @param {number} value @param {number[]} noise */
  setTruth(part, value, noise) {
    if (!this.truth) return;
    this.truth[part] = value;
    this.follow(noise);
  }

  /**
   * Set one true weight; the others stay as they are.
   *
   * @param {number[]} weights @param {number} index @param {number} value
   */
  setWeight(weights, index, value) {
    this.screen.weights = weights.with(index, value);
  }

  /**
   * Points follow the line at once; the server redraws them with the same noise.
   *
   * @param {number[]} noise
   */
  follow(noise) {
    if (!this.truth) return;
    this.curve = null;
    const [slope, offset] = this.truth;
    this.screen.line = [slope, offset];
    this.screen.drawn = false;
    this.screen.points.forEach((point, i) => {
      point[1] = slope * point[0] + offset + (noise[i] ?? 0);
    });
  }
}
