// Undo and redo over snapshots, whatever they hold; they outlast the page for as long as the tab.

import { keep, kept } from "../shared/tab.js";

const MOST = 100; // snapshots that are kept of a drawing, 40 points being about 2 kB

/** @typedef {{ past: string[], now: string | undefined, future: string[] }} Course */

/** @returns {Course} */
const begun = () => ({ past: [], now: undefined, future: [] });

/**
 * Where courses are kept while no pad shows them: in the tab, where the browser lets us.
 *
 * @type {{ get: (name: string) => Course | null, put: (name: string, course: Course) => void }}
 */
export const tab = {
  get(name) {
    const found = kept(`undo ${name}`);
    const sound = Array.isArray(found?.past) && Array.isArray(found?.future);
    return sound && typeof found.now === "string" ? found : null;
  },
  put: (name, course) => keep(`undo ${name}`, course),
};

/** What was, what is, and what has been undone, of each drawing; compared as text. */
export class History {
  constructor(shelf = tab) {
    this.shelf = shelf;
    /** @type {string | null} */
    this.name = null;
    this.lasts = true;
    this.course = begun();
  }

  get past() {
    return this.course.past;
  }

  get now() {
    return this.course.now;
  }

  get future() {
    return this.course.future;
  }

  /**
   * Turn to a drawing, as it was left; whether it was another.
   *
   * @param {string} name @param {boolean} [lasts] Whether it may be kept in the tab.
   */
  open(name, lasts = true) {
    if (name === this.name) return false;
    this.name = name;
    this.lasts = lasts;
    this.course = (lasts ? this.shelf.get(name) : null) ?? begun();
    return true;
  }

  /**
   * What is there without a gesture on this pad: a link was opened, another page drew.
   *
   * @param {string} snapshot
   */
  meet(snapshot) {
    if (this.now === undefined) this.course.now = snapshot;
    this.remember(snapshot);
  }

  /**
   * What the last gesture has come to, in the numbers that Python keeps.
   *
   * @param {string} snapshot
   */
  settle(snapshot) {
    this.course.now = snapshot;
    this.keep();
  }

  /**
   * A gesture has ended in this snapshot, maybe where it began.
   *
   * @param {string} snapshot
   */
  remember(snapshot) {
    if (snapshot === this.now) return;
    if (this.now !== undefined) this.past.push(this.now);
    this.past.splice(0, this.past.length - MOST);
    this.course.future = [];
    this.course.now = snapshot;
    this.keep();
  }

  /** The snapshot before, or null where there is none. */
  undo() {
    return this.travel(this.past, this.future);
  }

  /** The snapshot that was undone, or null where there is none. */
  redo() {
    return this.travel(this.future, this.past);
  }

  /** @param {string[]} from @param {string[]} to */
  travel(from, to) {
    const found = from.pop();
    if (found === undefined || this.now === undefined) return null;
    to.push(this.now);
    this.course.now = found;
    this.keep();
    return found;
  }

  keep() {
    if (this.name !== null && this.lasts) this.shelf.put(this.name, this.course);
  }
}
