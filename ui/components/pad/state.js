// What a visitor has on the pad: the screen, the true line behind it, a guess.

/** Where the true line is held, as shares of the half-width. */
export const HANDLES = [-0.75, 0.75];
const TASK_KEYS = ["points", "drawn", "line", "d", "intercept", "sigma", "k", "seed"];

/** The visitor's side of the pad, without a word about how it is drawn or sent. */
export class State {
  constructor() {
    this.screen = null;
    this.truth = null;
    this.curve = null;
    this.guess = 0;
  }

  /** Take over what Python has answered. */
  adopt(data) {
    this.screen = { ...data.screen, drawn: data.drawn };
    this.truth = data.truth?.line ?? null;
    this.curve = data.truth?.curve ?? null;
    this.guess = data.guess?.value ?? 0;
  }

  /** What can be undone, as text. */
  snapshot() {
    return JSON.stringify(Object.fromEntries(TASK_KEYS.map((key) => [key, this.screen[key]])));
  }

  restore(snapshot) {
    Object.assign(this.screen, JSON.parse(snapshot));
  }

  /** The screen as Python reads it: sampled points are made anew from their seed. */
  changes() {
    const { drawn, ...changes } = this.screen;
    if (!drawn) changes.points = null;
    return changes;
  }

  /** From here on the points are the visitor's own, on no line. */
  own() {
    this.screen.drawn = true;
    this.screen.line = null;
    this.truth = null;
    this.curve = null;
  }

  add(x, y) {
    this.own();
    this.screen.points.push([x, y]);
  }

  move(index, x, y) {
    this.own();
    this.screen.points[index] = [x, y];
  }

  set(index, axis, value) {
    this.own();
    this.screen.points[index][axis] = value;
  }

  remove(index) {
    this.own();
    this.screen.points.splice(index, 1);
  }

  clear() {
    this.own();
    this.screen.points = [];
  }

  sample(seed) {
    Object.assign(this.screen, { seed, drawn: false, line: null });
  }

  showTruth(noise) {
    this.truth = this.screen.d === 1 ? [0.6, 0] : [0.6, 0.2];
    this.follow(noise);
  }

  /** Move the true line at a handle, the other one staying where it is; through 0 for d = 1. */
  turnTruth(index, y, half, noise) {
    const [a, b] = HANDLES.map((share) => share * half);
    const [slope, offset] = this.truth;
    const held = [slope * a + offset, slope * b + offset];
    held[index] = y;
    const through = this.screen.d >= 2;
    const turned = through ? (held[1] - held[0]) / (b - a) : y / [a, b][index];
    this.truth = [turned, through ? held[0] - turned * a : 0];
    this.follow(noise);
  }

  // Points follow the line at once; the server redraws them with the same noise.
  follow(noise) {
    this.curve = null;
    this.screen.line = [...this.truth];
    this.screen.drawn = false;
    this.screen.points.forEach((point, i) => {
      point[1] = this.truth[0] * point[0] + this.truth[1] + (noise[i] ?? 0);
    });
  }
}
