// The lab: one state, one channel, everything drawn from the last answer.

import { bindActions } from "./actions.js";
import { Channel } from "../shared/channel.js";
import { History } from "./history.js";
import { State } from "./state.js";
import { View } from "./view.js";

export class Lab {
  constructor(root) {
    this.root = root;
    this.state = new State();
    this.history = new History();
    this.channel = new Channel(
      (seq, final, extra) => this.post(seq, final, extra),
      () => root.isConnected,
    );
    this.view = new View(root, this);
    bindActions(this);
  }

  /** The pad has left the page. */
  end() {
    this.channel.close();
    this.view.end();
  }

  // --- messages ------------------------------------------------------------------

  receive({ data, setStateValue }) {
    this.setStateValue = setStateValue;
    const settled = this.channel.hear(data.seq);
    this.data = data;
    this.styles = { truth: data.look.truth };
    for (const method of data.look.methods) this.styles[method.id] = method;
    if (!this.screen || settled) this.adopt(data);
    this.say(data.notice);
    this.view.draw();
    this.channel.flush();
  }

  adopt(data) {
    this.state.adopt(data);
    this.history.begin(this.state.snapshot());
  }

  // `final` marks the end of a gesture: it is undoable and goes into the link.
  emit(final, extra = {}) {
    if (final) this.history.remember(this.state.snapshot());
    this.channel.say(final, extra);
    this.view.draw();
    this.channel.flush();
  }

  post(seq, final, extra) {
    const changes = { ...this.state.changes(), ...extra };
    this.setStateValue("message", { seq, final, changes });
  }

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

  travel(snapshot) {
    if (snapshot === null) return;
    this.state.restore(snapshot);
    this.emit(false);
    this.emit(true);
  }

  // --- what is on ---------------------------------------------------------------------

  get screen() {
    return this.state.screen;
  }

  get truth() {
    return this.state.truth;
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

  colour(name) {
    return this.styles[name][this.view.dark ? "dark" : "light"];
  }

  layerCurve() {
    return this.layer === null ? null : this.data.layers?.curves[this.layer];
  }

  // --- in words --------------------------------------------------------------------------

  say(sentence) {
    this.view.say(sentence);
  }

  announce(sentence) {
    this.view.announce(sentence);
  }
}
