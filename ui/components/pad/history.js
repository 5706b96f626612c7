// Undo and redo over snapshots, whatever they hold.

/** What was, what is, and what has been undone; snapshots are compared as text. */
export class History {
  constructor() {
    /** @type {string[]} */
    this.past = [];
    /** @type {string | undefined} */
    this.now = undefined;
    /** @type {string[]} */
    this.future = [];
  }

  /**
   * Where it begins; later calls change nothing.
   *
   * @param {string} snapshot
   */
  begin(snapshot) {
    this.now ??= snapshot;
  }

  /**
   * A gesture has ended in this snapshot, maybe where it began.
   *
   * @param {string} snapshot
   */
  remember(snapshot) {
    if (snapshot === this.now) return;
    if (this.now !== undefined) this.past.push(this.now);
    this.future = [];
    this.now = snapshot;
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
    this.now = found;
    return found;
  }
}
