// A clock that stands still until it is told to go on.

/** Stands in for the page's own timers until the test has ended. */
export class Clock {
  /** @param {import("node:test").TestContext} t */
  constructor(t) {
    this.now = 0;
    this.last = 0;
    /** @type {Map<number, { at: number, call: () => void }>} */
    this.timers = new Map();
    const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    Object.assign(globalThis, {
      setTimeout: (/** @type {() => void} */ call, /** @type {number} */ wait) => {
        this.last += 1;
        this.timers.set(this.last, { at: this.now + wait, call });
        return this.last;
      },
      clearTimeout: (/** @type {number} */ id) => this.timers.delete(id),
    });
    t.after(() => Object.assign(globalThis, real));
  }

  /** Let time pass, in ms. */
  pass(/** @type {number} */ time) {
    this.now += time;
    for (const [id, { at, call }] of [...this.timers]) {
      if (at > this.now) continue;
      this.timers.delete(id);
      call();
    }
  }
}
