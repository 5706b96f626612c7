// What the start page performs unasked: the examples come one by one, the line follows each.

/** @import { Lab } from "./lab.js" */
/** @import { PadData, Point, Screen } from "./types.js" */

import { become, html, put } from "../shared/dom.js";
import { clamp, show } from "../shared/numbers.js";
import { keep, kept } from "../shared/tab.js";

const [HOLD, EACH, REST] = [700, 520, 500]; // ms before the first example, for each, after the last
const [FALL, TURN] = [200, 280]; // ms of `EACH` in which a point drops, and then the line turns
const TOUCHES = ["pointerdown", "keydown", "click", "input"];
const PLACE = "opening";
const TAP = 500; // ms in which the click comes of the touch that ended it

/**
 * How it stands some time after it began.
 *
 * fallen: how far the last of the points `here` has dropped; turned: how far the line has come
 * from its answer to those before to its answer to all of them; both from 0 to 1.
 *
 * @param {number} time ms @param {number} count @param {boolean} still Without motion.
 */
export function stageAt(time, count, still = false) {
  const begun = time - HOLD;
  if (begun < 0) return { here: 0, fallen: 1, turned: 1, over: false };
  const here = Math.min(Math.floor(begun / EACH) + 1, count);
  const since = begun - (here - 1) * EACH;
  const fallen = still ? 1 : clamp(since / FALL, 0, 1) ** 2;
  const turned = still ? 1 : 1 - (1 - clamp((since - FALL) / TURN, 0, 1)) ** 3;
  return { here, fallen, turned, over: begun >= count * EACH + REST };
}

/**
 * Between two rows of answers.
 *
 * @param {number[]} from @param {number[]} to @param {number} share
 */
export const between = (from, to, share) => from.map((y, i) => y + share * (to[i] - y));

export class Opening {
  /** @type {ReturnType<typeof stageAt> | null} Where it stands while it is performed. */
  stage = null;
  /** Whether the finger is invited. */
  invites = false;
  met = false;
  began = 0;
  said = -1;
  endedAt = -Infinity;
  still = matchMedia("(prefers-reduced-motion: reduce)");

  /** @param {Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.touched = (/** @type {Event} */ { type }) => {
      if (type === "pointerdown") this.endedAt = Date.now();
      this.end();
    };
    this.watch = html("button", { type: "button", onclick: () => this.begin() });
  }

  /** What the page sent for it; null where nothing is performed. */
  get given() {
    return this.lab.newest.data?.opening ?? null;
  }

  /** Called with each answer of the page: the first that brings a performance begins it. */
  meet() {
    if (!this.given?.after) {
      this.stop();
      this.invites = false;
      return;
    }
    if (this.met) return;
    this.met = true;
    this.invites = true;
    if (!this.still.matches && !kept(PLACE)) this.begin();
  }

  begin() {
    keep(PLACE, { begun: true });
    this.began = performance.now();
    this.said = -1;
    this.stage = stageAt(0, this.count, this.still.matches);
    for (const kind of TOUCHES) addEventListener(kind, this.touched, true);
    requestAnimationFrame(() => this.step());
  }

  get count() {
    return (this.given?.after?.length ?? 1) - 1;
  }

  step() {
    if (!this.stage || !this.lab.root.isConnected) return;
    this.stage = stageAt(performance.now() - this.began, this.count, this.still.matches);
    if (this.stage.over) return this.end();
    this.say(this.stage.here);
    this.lab.view.draw();
    requestAnimationFrame(() => this.step());
  }

  /** It is over, or somebody has touched the page: everything is there at once. */
  end() {
    if (!this.stage) return;
    this.stop();
    this.lab.announce(this.lastWords());
    this.lab.view.draw();
  }

  stop() {
    this.stage = null;
    for (const kind of TOUCHES) removeEventListener(kind, this.touched, true);
  }

  /** Whether a click is only that of the touch that ended it. */
  get hasJustEnded() {
    return Date.now() - this.endedAt < TAP;
  }

  // --- what is drawn meanwhile ---------------------------------------------------------------

  /** The last answer, with the network's line as it stands in the performance. */
  get data() {
    const { data } = this.lab.newest;
    const after = data?.opening?.after;
    if (!this.stage || !after) return data;
    const { network } = data.look;
    const { here, turned } = this.stage;
    const told = between(after[Math.max(0, here - 1)], after[here], turned);
    return /** @type {PadData} */ ({
      ...data,
      curves: { ...data.curves, [network]: told.slice(0, -1) },
      at_query: { ...data.at_query, [network]: told[told.length - 1] },
    });
  }

  /**
   * The screen with the examples that are there, and the network alone.
   *
   * @returns {Screen}
   */
  get screen() {
    const { screen } = this.lab.state;
    if (!this.stage) return screen;
    const { here, fallen } = this.stage;
    const { axes, look } = this.lab.newest.data;
    const points = screen.points.slice(0, here).map(([x, y], i) => {
      const high = i === here - 1 ? (1 - fallen) * (axes.y - y) : 0;
      return /** @type {Point} */ ([x, y + high]);
    });
    return Object.assign({}, screen, { points, show: [look.network] });
  }

  // --- in words ------------------------------------------------------------------------------

  /** @param {number} here */
  say(here) {
    if (here === this.said) return;
    this.said = here;
    const after = this.given?.after?.[here] ?? [];
    const answer = show(after[after.length - 1]);
    const what = here ? `Example ${here} of ${this.count} read` : "No example read yet";
    this.lab.announce(`${what}: it answers y ${answer} at x ${show(this.lab.state.screen.query)}.`);
  }

  lastWords() {
    const given = this.given;
    if (!given) return null;
    return `All ${this.count} examples read, ${given.changed} of ${given.of.toLocaleString("en")} weights changed. Drag a point.`;
  }

  /**
   * Over the plane: what was read, what is answered, what has changed.
   *
   * @param {HTMLElement} host
   */
  draw(host) {
    const { given, lab } = this;
    lab.root.toggleAttribute("data-performs", this.stage !== null);
    put(host, { hidden: !given });
    if (!given) return;
    const read = lab.screen.points.length;
    const answer = lab.data.at_query?.[lab.network];
    const counters = [
      ["Examples read", String(read)],
      ["It answers at ▲", typeof answer === "number" ? show(answer) : "–"],
      ["Weights changed", `${given.changed} of ${given.of.toLocaleString("en")}`],
    ];
    const list = host.querySelector("dl") ?? host.appendChild(html("dl"));
    become(
      list,
      counters.map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value))),
    );
    if (!this.watch.parentNode) host.append(this.watch);
    put(this.watch, {
      hidden: !given.after || this.stage !== null,
      textContent: kept(PLACE) ? "Watch again" : "Watch it learn",
    });
  }
}
