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
    this.styles = data.styles;
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

  shown() {
    return this.methods().filter((name) => this.screen.show.includes(name));
  }

  methods() {
    const out = ["truth", ...this.data.hide];
    return Object.keys(this.styles).filter((name) => !out.includes(name));
  }

  colour(name) {
    return this.styles[name][this.view.dark ? "dark" : "light"];
  }

  layerCurve() {
    return this.screen.layer === null ? null : this.data.layers?.curves[this.screen.layer];
  }

  // --- in words --------------------------------------------------------------------------

  say(sentence) {
    this.view.say(sentence);
  }

  announce(sentence) {
    this.view.announce(sentence);
  }
}
