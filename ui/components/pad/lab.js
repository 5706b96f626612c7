// The lab: one state, one channel, everything drawn from the last answer.

/** @import { Given } from "../shared/component.js" */
/** @import { PadData, Screen, Style } from "./types.js" */

import { Channel } from "../shared/channel.js";
import { bindActions } from "./actions.js";
import { axisOf } from "./axis.js";
import { Follow } from "./follow.js";
import { History } from "./history.js";
import { Newest } from "./newest.js";
import { Opening } from "./opening.js";
import { State } from "./state.js";
import { View } from "./view.js";

export class Lab {
  /** @type {Record<string, Style>} */
  styles;
  /** @type {Given["setStateValue"]} */
  setStateValue;
  /** The axes; others with another table of a visitor's. */
  x = axisOf("x", undefined);
  y = axisOf("y", undefined);
  /** @type {string | undefined} */
  measured;
  /** Whether a gesture has begun that has not ended. */
  moving = false;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.state = new State();
    this.history = new History();
    this.channel = new Channel(
      (seq, final, extra) => this.post(seq, final, extra),
      () => root.isConnected,
    );
    this.newest = new Newest();
    this.follow = new Follow(this);
    this.opening = new Opening(this);
    this.view = new View(root, this);
    bindActions(this);
  }

  /** The pad has left the page. */
  end() {
    this.follow.end();
    this.opening.stop();
    this.channel.close();
    this.view.end();
  }

  // --- messages ------------------------------------------------------------------

  /** What was last answered, by the page or by the service, or is performed with it. */
  get data() {
    return this.opening.data;
  }

  /** @param {Given} given */
  receive({ data, setStateValue }) {
    this.setStateValue = setStateValue;
    const asked = this.channel.waiting;
    const settled = this.channel.hear(data.seq);
    this.newest.ofPage(data);
    this.measure(data.units);
    this.follow.meet(data.service);
    this.styles = { truth: data.look.truth };
    for (const method of data.look.methods) this.styles[method.id] = method;
    if (!this.screen || settled) this.adopt(data, asked);
    this.say(this.data.notice);
    this.opening.meet();
    this.view.draw();
    this.follow.pass();
  }

  /** @param {PadData["units"]} units */
  measure(units) {
    const told = JSON.stringify(units);
    if (told === this.measured) return;
    this.measured = told;
    this.x = axisOf("x", units?.x);
    this.y = axisOf("y", units?.y);
  }

  /** @param {PadData} data @param {boolean} asked Whether it answers what happened here. */
  adopt(data, asked) {
    this.state.adopt(data);
    // What somebody brought is theirs: it is kept nowhere.
    const turned = this.history.open(data.drawing, !data.units);
    if (this.moving) return;
    if (asked && !turned) this.history.settle(this.state.snapshot());
    else this.history.meet(this.state.snapshot());
  }

  /**
   * `final` marks the end of a gesture: it is undoable and goes into the link.
   *
   * @param {boolean} final @param {Record<string, unknown>} [extra]
   */
  emit(final, extra = {}) {
    this.moving = !final;
    if (final) this.remember();
    this.opening.invites = false;
    this.newest.step();
    this.channel.say(final, extra);
    this.view.draw(final);
    this.follow.moved(final, Object.keys(extra).length > 0);
  }

  // A drawing that a gesture has replaced is offered back.
  remember() {
    const was = this.history.now;
    this.history.remember(this.state.snapshot());
    const own = was === undefined || was === this.history.now ? null : JSON.parse(was);
    this.view.offer(Boolean(own?.drawn && own.points.length && !this.screen.drawn));
  }

  /** @param {number} seq @param {boolean} final @param {Record<string, unknown>} extra */
  post(seq, final, extra) {
    const changes = { ...this.state.changes(), ...extra };
    this.newest.tell(seq);
    this.setStateValue("message", { seq, final, changes });
  }

  /**
   * @template {keyof Screen} Name
   * @param {Name} name
   * @param {Screen[Name]} value
   * @param {boolean} [final]
   */
  change(name, value, final = true) {
    this.screen[name] = value;
    this.emit(final);
  }

  undo() {
    this.travel(this.history.undo());
  }

  redo() {
    this.travel(this.history.redo());
  }

  /** @param {string | null} snapshot */
  travel(snapshot) {
    if (snapshot === null) return;
    this.state.restore(snapshot);
    this.emit(false);
    this.emit(true);
  }

  // --- what is on ---------------------------------------------------------------------

  get screen() {
    return this.opening.screen;
  }

  get truth() {
    return this.state.truth;
  }

  /** Off the plane the true weights, those that are being set ahead of Python's; or none. */
  get trueWeights() {
    const { truth } = this.data.weights;
    return (truth ?? []).map((weight, i) => this.screen.weights?.[i] ?? weight);
  }

  /** The true answers over the plane, as Python gave them; null while they are being moved. */
  get truthCurve() {
    return this.state.curve;
  }

  get guess() {
    return this.state.guess;
  }

  // While a guess is asked for, only the guess can be moved.
  get asking() {
    return Boolean(this.data.guess?.open);
  }

  get axes() {
    return this.view.plane.axes;
  }

  /** The methods that are ticked and have answered: a network may not fit the prompt. */
  shown() {
    return this.methods().filter(
      (name) => this.screen.show.includes(name) && name in this.data.errors.rows,
    );
  }

  methods() {
    return this.data.look.methods.map((method) => method.id);
  }

  /** The network that the page is about. */
  get network() {
    return this.data.look.network;
  }

  /** The layer that is picked, as far as this network has as many; null for none. */
  get layer() {
    const layers = this.data.plane ? this.data.layers : this.data.weights.layers;
    const { layer } = this.screen;
    return layer === null || !layers ? layer : Math.min(layer, layers.r2.length - 1);
  }

  /** @param {string} name */
  colour(name) {
    return this.styles[name][this.view.dark ? "dark" : "light"];
  }

  layerCurve() {
    return this.layer === null ? null : this.data.layers?.curves[this.layer];
  }

  // --- in words --------------------------------------------------------------------------

  /** @param {string | null} sentence */
  say(sentence) {
    this.view.say(sentence);
  }

  /** @param {string | null} sentence */
  announce(sentence) {
    this.view.announce(sentence);
  }
}
