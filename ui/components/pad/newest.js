// Which answer is drawn: of those of the page and of the answer service always the newest.

/** @import { PadData } from "./types.js" */

/**
 * What an answer says of a screen, the rest being what the page is.
 *
 * @type {Set<string>}
 */
const OF_A_SCREEN = new Set([
  ...["screen", "plane", "drawn", "used", "details", "python", "errors", "beyond", "notice"],
  ...["axes", "curves", "at_query", "truth", "noise", "layers", "weights"],
]);

/** Every change of the visitor's is a moment, and every answer is the answer to one. */
export class Newest {
  now = 0;
  /** The moment that what is drawn answers. */
  drawn = 0;
  posted = { seq: 0, moment: 0 };
  /** The last moment that the page is known to have answered. */
  known = 0;
  /** @type {Partial<PadData>} The service's last answer. */
  answer = {};
  /** @type {PadData} */
  data;

  /** Something has changed. */
  step() {
    this.now += 1;
  }

  /**
   * The page is told how it is now.
   *
   * @param {number} seq
   */
  tell(seq) {
    this.posted = { seq, moment: this.now };
  }

  /**
   * The page has said something, which knows all messages up to `data.seq`.
   *
   * @param {PadData} data
   */
  ofPage(data) {
    if (data.seq >= this.posted.seq) this.known = this.posted.moment;
    if (this.known >= this.drawn) {
      this.drawn = this.known;
      this.data = data;
    } else this.data = this.with(data, this.answer);
  }

  /**
   * The service has answered; whether that is newer than what is drawn.
   *
   * @param {number} moment @param {Partial<PadData>} answer @param {number} guess
   */
  ofService(moment, answer, guess) {
    if (moment <= this.drawn) return false;
    this.drawn = moment;
    this.answer = answer;
    const held = this.data.guess && { ...this.data.guess, value: guess };
    this.data = { ...this.with(this.data, answer), guess: held };
    return true;
  }

  /** @param {PadData} page @param {Partial<PadData>} answer */
  with(page, answer) {
    const rest = Object.entries(page).filter(([name]) => !OF_A_SCREEN.has(name));
    return /** @type {PadData} */ ({ ...Object.fromEntries(rest), ...answer });
  }
}
