// Questions to the answer service while a finger is down: one in flight, the latest wins.

const PATIENCE = 4000; // ms after which a question without an answer is given up
const PAUSE = 1000; // ms to wait for a place where the service does not say how long
const LATER = [429, 503];
const NOBODY = [404, 405, 501]; // statuses of an app that runs without the service

/** @typedef {{ moment: number, question: () => object }} Wanted */

/** Asks a service that keeps nothing, so that a question can be put, dropped or put again. */
export class AnswerService {
  /** @type {string | null} */
  address = null;
  /** @type {Wanted | null} What is to be asked next. */
  wanted = null;
  /** @type {AbortController | null} Of the question in flight. */
  flight = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} While the service has no place. */
  pause;
  isGone = false;
  failed = false;

  /**
   * @param {(moment: number, answer: any) => void} hear
   * @param {() => void} giveUp Called when no answer is to be had before `rest`.
   * @param {typeof fetch} [carry]
   */
  constructor(hear, giveUp, carry = (...request) => fetch(...request)) {
    this.hear = hear;
    this.giveUp = giveUp;
    this.carry = carry;
  }

  /** Whether it is worth asking. */
  get serves() {
    return this.address !== null && !this.isGone && !this.failed;
  }

  /**
   * Ask, now or after the answer that is awaited; in place of what was to be asked before.
   *
   * @param {number} moment Comes back with the answer. @param {Wanted["question"]} question
   */
  want(moment, question) {
    this.wanted = { moment, question };
    // A key moves a point and lets go of it in one breath: then nothing is asked here.
    queueMicrotask(() => this.ask());
  }

  /** The gesture has ended: what is not asked yet need not be, and the next may try again. */
  rest() {
    this.wanted = null;
    this.failed = false;
    clearTimeout(this.pause);
    this.pause = undefined;
  }

  /** Nobody listens any more. */
  close() {
    this.rest();
    this.isGone = true;
    this.flight?.abort();
  }

  ask() {
    if (!this.wanted || this.flight || this.pause !== undefined || !this.serves) return;
    const wanted = this.wanted;
    this.wanted = null;
    this.carryOut(wanted);
  }

  /** @param {Wanted} wanted */
  async carryOut(wanted) {
    const flight = new AbortController();
    const timer = setTimeout(() => flight.abort(), PATIENCE);
    this.flight = flight;
    let answer = null;
    try {
      const response = await this.carry(String(this.address), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(wanted.question()),
        redirect: "error",
        signal: flight.signal,
      });
      if (response.ok) answer = await response.json();
      else this.refuse(response, wanted);
    } catch {
      this.fail();
    }
    clearTimeout(timer);
    this.flight = null;
    if (answer && !this.isGone) this.hear(wanted.moment, answer);
    this.ask();
  }

  /** @param {Response} response @param {Wanted} wanted */
  refuse(response, wanted) {
    if (!LATER.includes(response.status)) {
      this.isGone ||= NOBODY.includes(response.status);
      return this.fail();
    }
    this.wanted ??= wanted;
    const seconds = Number(response.headers.get("Retry-After"));
    this.pause = setTimeout(
      () => {
        this.pause = undefined;
        this.ask();
      },
      seconds > 0 ? 1000 * seconds : PAUSE,
    );
  }

  fail() {
    this.failed = true;
    this.wanted = null;
    this.giveUp();
  }
}
