// Undo and redo over snapshots, whatever they hold.

/** What was, what is, and what has been undone; snapshots are compared as text. */
export class History {
  constructor() {
    this.past = [];
    this.now = null;
    this.future = [];
  }

  /** Where it begins; later calls change nothing. */
  begin(snapshot) {
    this.now ??= snapshot;
  }

  /** A gesture has ended in this snapshot, maybe where it began. */
  remember(snapshot) {
    if (snapshot === this.now) return;
    this.past.push(this.now);
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

  travel(from, to) {
    if (!from.length) return null;
    to.push(this.now);
    this.now = from.pop();
    return this.now;
  }
}
