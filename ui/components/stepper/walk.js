// The stepper: one step in one place, everything drawn from it, the server told when it rests.

/** @import { Given } from "../shared/component.js" */
/** @import { Move, StepperData, Numbers } from "./types.js" */

import { Channel } from "../shared/channel.js";
import { html, partsOf } from "../shared/dom.js";
import { clamp } from "../shared/numbers.js";
import { isDark } from "../shared/theme.js";
import { watch } from "../shared/watch.js";
import { row } from "./chart.js";
import { drawDepth } from "./depth.js";
import { drawEnd } from "./end.js";
import { drawModel } from "./model.js";
import { math, same, spoken, Stream } from "./stream.js";
import { drawNumberTable } from "./table.js";

const PACE = { moving: 1000, still: 2000 }; // ms a step when it plays; still: reduced motion
const REST = 500; // ms without a step after which the link is to carry it

/** @type {Record<string, (stepper: Stepper) => void>} By a button's `data-do`. */
const ACTIONS = {
  first: (stepper) => stepper.first(),
  back: (stepper) => stepper.back(),
  play: (stepper) => stepper.play(),
  next: (stepper) => stepper.next(),
  last: (stepper) => stepper.last(),
};

export class Stepper {
  /** @type {StepperData} */
  data;
  /** @type {Given["setStateValue"]} */
  setStateValue;
  /** @type {Numbers[]} The stream before the first step and after each. */
  streams = [];
  step = 0;
  count = 0;
  dark = false;
  /** @type {number | null} The token that is kept large, in place of the one at work. */
  watched = null;
  /** @type {ReturnType<typeof setInterval> | undefined} While it plays. */
  timer = undefined;
  /** @type {ReturnType<typeof setTimeout> | undefined} Until it has come to rest. */
  resting = undefined;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.part = partsOf(root);
    this.stream = new Stream(this.part("stream"), this.part("scroll"));
    this.channel = new Channel(
      (seq, final, changes) => this.setStateValue("message", { seq, final, changes }),
      () => root.isConnected,
    );
    this.clip = `clip-${Math.random().toString(36).slice(2)}`;
    for (const action of Object.keys(ACTIONS))
      this.button(action).onclick = () => ACTIONS[action](this);
    const [slider, watched] = [this.part("slider"), this.part("watch")];
    slider.oninput = () => this.go(Number(slider.value));
    watched.onchange = () => this.watch(watched.value);
    this.numbers().ontoggle = () => this.drawNumbers();
    this.keys = (/** @type {KeyboardEvent} */ event) => this.key(event);
    addEventListener("keydown", this.keys);
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.forget = watch(root, this.part("scroll"), () => this.redraw());
  }

  /** The stepper has left the page. */
  end() {
    this.forget();
    this.stop();
    clearTimeout(this.resting);
    this.channel.close();
    removeEventListener("keydown", this.keys);
  }

  /** @param {string} action @returns {any} */
  button(action) {
    return this.root.querySelector(`[data-do=${action}]`);
  }

  /** @returns {any} */
  numbers() {
    return this.root.querySelector(".numbers");
  }

  // --- messages ------------------------------------------------------------------

  /** @param {Given} given */
  receive({ data, setStateValue }) {
    this.setStateValue = setStateValue;
    this.channel.hear(data.seq);
    const other = this.data?.walk !== data.walk;
    this.data = data;
    if (other) this.begin();
    this.draw();
    this.channel.flush();
  }

  // Another program or prompt: its grid, and every layer's stream from what was written.
  begin() {
    const { data } = this;
    this.stop();
    clearTimeout(this.resting);
    this.count = data.steps.length;
    this.step = clamp(data.step, 0, this.count);
    this.watched = null;
    this.streams = [data.start];
    for (const { writes } of data.steps) this.streams.push({ ...this.streams.at(-1), ...writes });
    this.stream.build(data);
    this.part("slider").max = this.count;
    this.part("watch").replaceChildren(
      html("option", { value: "" }, "the token at work"),
      ...data.tokens.map((name, i) => html("option", { value: i }, spoken(name))),
    );
  }

  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.channel.say(true, { step: this.step });
      this.channel.flush();
    }, REST);
  }

  // --- what a visitor does ----------------------------------------------------------

  /** @param {number} step */
  go(step) {
    const to = clamp(step, 0, this.count);
    if (to === this.step) return;
    this.step = to;
    this.draw(true);
    this.announce();
    if (!this.timer) this.rest();
  }

  /**
   * What a visitor does by hand ends the playing.
   *
   * @param {number} step
   */
  jump(step) {
    this.stop();
    this.go(step);
  }

  first() {
    this.jump(0);
  }

  back() {
    this.jump(this.step - 1);
  }

  next() {
    this.jump(this.step + 1);
  }

  last() {
    this.jump(this.count);
  }

  /**
   * To the first layer of the next pair, or of this one and those before it.
   *
   * @param {number} way
   */
  pair(way) {
    const pairs = this.data.steps.map(({ pair }) => pair);
    const starts = pairs.flatMap((pair, i) => (i && pair === pairs[i - 1] ? [] : [i + 1]));
    const found =
      way > 0
        ? starts.find((start) => start > this.step)
        : starts.findLast((start) => start < this.step);
    this.jump(found ?? (way > 0 ? this.count : 0));
  }

  play() {
    if (this.timer) return this.stop();
    if (this.step === this.count) this.go(0);
    this.timer = setInterval(() => this.tick(), this.calm.matches ? PACE.still : PACE.moving);
    this.drawBar();
  }

  tick() {
    if (!this.root.isConnected) return this.stop();
    this.go(this.step + 1);
    if (this.step === this.count) this.stop();
  }

  stop() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.drawBar();
    this.rest();
  }

  /** @param {string} token */
  watch(token) {
    this.watched = token === "" ? null : Number(token);
    this.draw();
  }

  /**
   * Arrow keys anywhere in the stepper, and on the page when nothing has the focus.
   *
   * @param {KeyboardEvent} event
   */
  key(event) {
    const target = /** @type {Element} */ (event.composedPath()[0]);
    const inside = this.root.contains(target);
    if (!inside && target !== document.body) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (inside && target.matches("select, input")) return;
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (way) {
      event.preventDefault();
      if (event.shiftKey) this.pair(way);
      else this.jump(this.step + way);
    } else if (inside && event.key === "Home") {
      event.preventDefault();
      this.first();
    } else if (inside && event.key === "End") {
      event.preventDefault();
      this.last();
    }
  }

  // --- what is on ----------------------------------------------------------------------

  // The layer that made this step's stream; null for the prompt as it came.
  move() {
    return this.step ? this.data.steps[this.step - 1] : null;
  }

  around() {
    const now = this.streams[this.step];
    return { now, before: this.step ? this.streams[this.step - 1] : now };
  }

  focus() {
    if (this.watched !== null) return this.watched;
    return this.data.steps[Math.max(this.step - 1, 0)].focus;
  }

  reads() {
    return this.watched === null ? (this.move()?.reads ?? []) : [];
  }

  /** @param {number} pair */
  inUse(pair) {
    const move = this.move();
    return this.data.program !== "gd" && move !== null && move.pair === pair + 1;
  }

  /** @param {string} name */
  colour(name) {
    return this.data.styles[name][this.dark ? "dark" : "light"];
  }

  // --- drawing ----------------------------------------------------------------------------

  redraw() {
    if (this.data) this.draw();
  }

  draw(moved = false) {
    this.dark = isDark(this.root);
    this.root.classList.toggle("dark", this.dark);
    const { now, before } = this.around();
    this.drawBar();
    this.drawNow();
    this.stream.show(now, before, this.focus(), this.reads(), moved);
    this.part("stream").setAttribute("aria-label", this.summary());
    drawModel(this.part("model"), this);
    drawDepth(this.part("depth"), this);
    drawEnd(this.part("end"), this);
    this.drawHints();
    this.drawNumbers();
  }

  drawBar() {
    const { step, count } = this;
    for (const action of ["first", "back"]) this.button(action).disabled = step === 0;
    for (const action of ["next", "last"]) this.button(action).disabled = step === count;
    this.button("play").textContent = this.timer ? "Pause" : "Play";
    this.part("slider").value = step;
    this.part("slider").setAttribute("aria-valuetext", this.where());
    this.part("where").textContent = this.where();
  }

  where() {
    return `Step ${this.step} of ${this.count}`;
  }

  drawNow() {
    const move = this.move();
    const { tokens } = this.data;
    this.part("badge").textContent = move ? move.primitive : "start";
    this.part("words").textContent = move
      ? move.words
      : "The prompt as it comes: every token holds its own numbers, and every other slot is empty. " +
        "Press → for the first layer.";
    this.part("equation").replaceChildren(
      ...(move
        ? [math(move.equation)]
        : [html("span", { className: "hint" }, `${tokens.length} tokens`)]),
    );
  }

  drawHints() {
    const { data } = this;
    const dashed = data.plane ? "dashed line" : "dashed mark";
    this.part("modelHint").textContent =
      `w = (${row(data.w[this.step])}). The ${dashed} is where ${data.end.call} ends` +
      (data.truth ? "; grey is the truth." : ".");
    this.part("depthHint").textContent =
      "The answer at the query, layer by layer, on one scale. One does not prove the other: the " +
      "program’s weights were written by hand and show that layers like these can do it; the " +
      "trained layers were found by training, and may do something else that ends alike.";
  }

  drawNumbers() {
    if (this.data && this.numbers().open) drawNumberTable(this.part("table"), this);
  }

  // The step in words for who does not see the grid.
  summary() {
    const { data } = this;
    const focus = this.focus();
    const { now, before } = this.around();
    const changed = data.slots
      .filter(({ name }) => !same(now[name][focus], before[name][focus]))
      .map(({ name, words }) => `${words}: now ${row(now[name][focus])}`);
    const what = changed.length ? changed.join("; ") : "nothing changed";
    return `Residual stream of ${data.tokens.length} tokens. At ${spoken(data.tokens[focus])}: ${what}.`;
  }

  announce() {
    const move = this.move();
    this.part("live").textContent = move ? `${this.where()}. ${move.words}` : this.where();
  }
}
