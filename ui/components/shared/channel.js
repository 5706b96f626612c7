// Messages to Python: one in flight, what comes meanwhile goes with the next, none is lost.

const PATIENCE = 4000; // ms after which a message without an answer is sent again

/** @typedef {{ final: boolean } & Record<string, unknown>} Changes */

/**
 * Changes on their way to Python.
 *
 * Messages are numbered, and an answer carries the number of the last message that it knows.
 */
export class Channel {
  /**
   * @param {(seq: number, final: boolean, extra: Record<string, unknown>) => void} post Sends a message.
   * @param {() => boolean} isOpen Whether there is still anybody to wait for an answer.
   */
  constructor(post, isOpen) {
    this.post = post;
    this.isOpen = isOpen;
    this.sent = 0;
    this.heard = 0;
    this.waiting = false;
    /** @type {Changes | null} */
    this.pending = null;
    /** @type {Changes | null} */
    this.unanswered = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * An answer has come that knows all messages up to `seq`. Whether nothing is left to say:
   * only then may its screen replace the visitor's.
   *
   * @param {number} seq
   */
  hear(seq) {
    if (seq < this.heard) this.startOver(seq);
    this.heard = seq;
    const behind = seq < this.sent;
    if (!behind) this.waiting = false;
    return !behind && !this.pending;
  }

  /**
   * To be sent, now or with the next message; `final` marks the end of a gesture.
   *
   * @param {boolean} final @param {Record<string, unknown>} [extra]
   */
  say(final, extra = {}) {
    this.pending = { ...this.pending, ...extra, final: final || (this.pending?.final ?? false) };
  }

  /** Send what is to be said, unless an answer is still awaited. */
  flush() {
    if (!this.pending || this.waiting) return;
    const { final, ...extra } = this.pending;
    this.unanswered = this.pending;
    this.pending = null;
    this.waiting = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.sendAgain(), PATIENCE);
    this.sent = Math.max(this.sent, this.heard) + 1;
    this.post(this.sent, final, extra);
  }

  /** No answer is awaited any more. */
  close() {
    clearTimeout(this.timer);
  }

  /**
   * Another process answers, which knows the link alone: what its forerunner took along.
   *
   * @param {number} seq
   */
  startOver(seq) {
    this.sent = seq;
    this.takeBack();
  }

  // What was sent and not answered is to be sent once more, beside what has come since.
  takeBack() {
    if (!this.waiting || !this.unanswered) return;
    this.waiting = false;
    const final = Boolean(this.unanswered.final || this.pending?.final);
    this.pending = { ...this.unanswered, ...this.pending, final };
  }

  sendAgain() {
    this.takeBack();
    if (this.isOpen()) this.flush();
  }
}
