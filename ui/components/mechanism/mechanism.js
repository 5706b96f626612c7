// From the prompt to the answer: played, scrubbed or stepped through, layer by layer.

/** @import { Given } from "../shared/component.js" */

import { component } from "../shared/component.js";
import { fit, html, partsOf, set, svg } from "../shared/dom.js";
import { Fill } from "../shared/fill.js";
import { clamp, show } from "../shared/numbers.js";
import { isDark } from "../shared/theme.js";
import { watch } from "../shared/watch.js";
import { isWhole } from "../shared/whole.js";
import { Beads } from "./beads.js";
import { placeAt, sceneAt } from "./course.js";
import { drawMap } from "./map.js";
import { Plot } from "./plot.js";
import { tokenName, Weights } from "./weights.js";

/**
 * What Python sends; `ui/mechanism/numbers.py` makes it.
 *
 * @typedef {object} Picture
 * @property {number} k
 * @property {number[][][]} own (layers, heads, k): what each y gives its own x.
 * @property {number[][][]} reads (layers, heads, 2k + 1): what the query gives each token.
 * @property {string | null} maps All attention, as bytes in base64; null while a point moves.
 * @property {{ kind: string, share: number }[][]} heads What each does, (layers, heads).
 * @property {string} pairing The head that pairs best on fresh prompts, "2.2"; empty for none.
 * @property {number[][] | null} curves (layers + 1, grid): readouts; null off the plane.
 * @property {number[] | null} told Readouts at the query.
 * @property {number | null} answer
 * @property {number[]} there Share of the final line that each readout has.
 * @property {string[]} said Of each layer.
 * @property {[number, number] | null} axes
 * @property {[number, number][]} points
 * @property {number | null} query
 * @property {Record<string, string>} acts What can be done to the pairing head; "" leaves it.
 * @property {string} chosen Heads that something is done to, "2.2-6.1".
 * @property {"off" | "swap"} chosen_do
 * @property {string} changed What came of it.
 * @property {{ light: string, dark: string }} colour The network's.
 * @property {{ name: string, label: string, light: string, dark: string, dash: string,
 *   y: number[] }[]} beside Lines to compare with.
 * @property {number[][] | null} mixed
 * @property {boolean} plays Whether it plays as soon as it is there.
 * @property {boolean} short Whether heads and maps are left out.
 * @property {number} zoom How much larger it is drawn, for a room.
 */

const LOWEST = 205; // px, of the pictures in a room
/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

class View {
  /** @type {Picture} */
  data;
  /** @type {Weights} */
  weights;
  /** @type {Given["setTriggerValue"]} */
  setTriggerValue;
  place = 0;
  playing = false;
  began = 0;
  from = 0;
  /** @type {number | null} The token whose reading is drawn; null is the query. */
  reader = null;
  /** @type {number | null} The head whose arcs are drawn; null is the strongest of each. */
  head = null;
  drawnArcs = "";
  drawnBar = "";
  drawnTenth = -1; // the slider is painted ten times a layer while it plays
  dark = false;
  still = matchMedia("(prefers-reduced-motion: reduce)");

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.part = partsOf(root);
    this.beads = new Beads((token) => this.pickReader(token));
    this.plot = new Plot();
    this.part("beads").append(this.beads.ground, this.beads.arcs);
    this.part("plot").append(this.plot.root, this.plot.over);
    this.part("play").onclick = () => (this.playing ? this.pause() : this.play());
    this.part("back").onclick = () => this.go(Math.ceil(this.place - 1));
    this.part("on").onclick = () => this.go(Math.floor(this.place + 1));
    this.part("scrub").oninput = () => this.go(Number(this.part("scrub").value));
    this.part("scrub").onkeydown = (/** @type {KeyboardEvent} */ event) => this.key(event);
    const redraw = () => this.data && this.draw();
    const forget = watch(root, this.part("beads"), redraw);
    this.fill = new Fill(root, redraw);
    this.end = () => {
      this.pause();
      forget();
      this.fill.end();
    };
  }

  /** @param {Given} given */
  receive({ data, setTriggerValue }) {
    const first = !this.data;
    this.data = data;
    this.setTriggerValue = setTriggerValue;
    this.weights = new Weights(data);
    if (first) this.place = data.plays ? 0 : this.last;
    this.place = Math.min(this.place, this.last);
    if (this.reader !== null && this.reader >= 2 * data.k) this.reader = null;
    this.draw();
    if (first && data.plays) this.play();
  }

  get last() {
    return this.data.there.length - 1;
  }

  get scene() {
    return sceneAt(this.place);
  }

  // --- to play, scrub and step -----------------------------------------------------------------

  play() {
    this.playing = true;
    this.from = this.place >= this.last ? 0 : Math.floor(this.place);
    this.began = performance.now();
    this.drawBar();
    requestAnimationFrame((now) => this.step(now));
  }

  pause() {
    this.playing = false;
    if (this.data) this.drawBar();
  }

  /** @param {number} now */
  step(now) {
    if (!this.playing || !this.root.isConnected) return;
    this.place = placeAt(Math.max(0, now - this.began), this.from, this.last, this.still.matches);
    if (this.place >= this.last) this.playing = false;
    this.drawPlace();
    if (this.playing) requestAnimationFrame((next) => this.step(next));
  }

  /** @param {number} place */
  go(place) {
    this.playing = false;
    this.place = clamp(place, 0, this.last);
    this.drawPlace();
  }

  /**
   * Arrow keys go by whole layers.
   *
   * @param {KeyboardEvent} event
   */
  key(event) {
    const by = STEPS[event.key];
    if (!by) return;
    event.preventDefault();
    this.go(by > 0 ? Math.floor(this.place + 1) : Math.ceil(this.place - 1));
  }

  // --- what is chosen --------------------------------------------------------------------------

  /** @param {number} token */
  pickReader(token) {
    this.reader = token === 2 * this.data.k ? null : token;
    this.redraw();
  }

  /** @param {number | null} head */
  pickHead(head) {
    this.head = this.head === head ? null : head;
    this.redraw();
  }

  redraw() {
    this.drawnArcs = "";
    this.drawPlace();
  }

  /** @param {string} act */
  choose(act) {
    const { pairing, chosen_do: now } = this.data;
    const heads = act ? pairing : "";
    this.setTriggerValue("chosen", { heads, heads_do: act || now });
  }

  /**
   * Heads of a layer that are off, from 0.
   *
   * @param {number} layer From 1.
   */
  off(layer) {
    const heads = this.data.heads[layer - 1] ?? [];
    return new Set(heads.flatMap(({ kind }, head) => (kind === "off" ? [head] : [])));
  }

  // --- drawing ---------------------------------------------------------------------------------

  draw() {
    this.dark = isDark(this.root);
    this.root.classList.toggle("dark", this.dark);
    const { points, query, k } = this.data;
    const { zoom } = this.data;
    this.root.classList.toggle("room", zoom > 1);
    this.part("drill").hidden = this.data.short;
    const width = (this.part("beads").clientWidth || 560) / zoom;
    const beside = (this.part("plot").clientWidth || 400) / zoom;
    this.drawActs();
    this.drawLayers();
    this.drawLegends();
    const height =
      zoom > 1 || isWhole(this.root)
        ? this.fill.height(this.part("beads"), LOWEST, this.part("layers"), this.part("plot")) /
          zoom
        : clamp(0.5 * width, 210, 300);
    this.beads.resize(width, height, points, query, k);
    this.plot.resize(beside, height, this.data, this.dark);
    for (const root of [this.beads.ground, this.beads.arcs, this.plot.root, this.plot.over])
      set(root, { height: height * zoom });
    this.beads.arcs.style.transformOrigin = `0 ${this.beads.line * zoom}px`;
    set(this.part("scrub"), { max: this.last });
    this.redraw();
  }

  drawBar() {
    const tenth = this.playing ? Math.round(10 * this.place) / 10 : this.place;
    if (tenth !== this.drawnTenth) this.part("scrub").value = String(tenth);
    this.drawnTenth = tenth;
    const bar = `${this.playing} ${this.layerName()} ${this.place <= 0} ${this.place >= this.last}`;
    if (bar === this.drawnBar) return;
    this.drawnBar = bar;
    this.part("play").textContent = this.playing ? "Pause" : "Play";
    this.part("back").disabled = this.place <= 0;
    this.part("on").disabled = this.place >= this.last;
    set(this.part("scrub"), { "aria-valuetext": this.layerName() });
  }

  layerName() {
    const { layer } = this.scene;
    return layer ? `Layer ${layer} of ${this.last}` : "The input";
  }

  /** What moves; all else only where the layer is another. */
  drawPlace() {
    const { layer, drawn, before, bent } = this.scene;
    const arcs = `${layer} ${this.head} ${this.reader}`;
    if (arcs !== this.drawnArcs) {
      this.drawnArcs = arcs;
      this.drawArcs(layer);
      this.drawHeads(layer);
      this.drawSaid(layer);
    }
    this.beads.reveal(drawn);
    this.plot.bend(this.data, before, layer, bent);
    this.drawBar();
  }

  /** @param {number} layer */
  drawArcs(layer) {
    const { k } = this.data;
    const reader = this.reader ?? 2 * k;
    const off = this.off(layer);
    const weight = (/** @type {number} */ from, /** @type {number} */ to) =>
      layer ? this.weights.strongest(layer - 1, this.head, off, to, from) : 0;
    const arc = (/** @type {number} */ from, /** @type {number} */ to) => ({
      from,
      to,
      weight: weight(from, to),
    });
    const own = Array.from({ length: k }, (_, t) => arc(2 * t, 2 * t + 1));
    const reads = Array.from({ length: reader }, (_, token) => arc(token, reader));
    this.beads.draw(own, reads, reader);
  }

  /** @param {number} layer */
  drawSaid(layer) {
    this.part("layer").textContent = this.layerName();
    const words = this.data.said[layer].split("**");
    this.part("said").replaceChildren(
      ...words.map((word, i) => (i % 2 ? html("b", {}, word) : word)),
      this.data.chosen ? ` ${this.data.changed}` : "",
    );
    [...this.part("layers").children].forEach((button, at) =>
      set(button, { "aria-pressed": at === layer }),
    );
  }

  drawActs() {
    const { acts, pairing, chosen, chosen_do: act } = this.data;
    const host = this.part("acts");
    host.hidden = !pairing || !Object.keys(acts).length;
    const now = chosen === pairing ? act : chosen ? null : "";
    const all = Object.entries(acts);
    fit(host, all.length, () => html("button", { type: "button" }));
    all.forEach(([name, label], i) => {
      host.children[i].textContent = label;
      set(host.children[i], { "aria-pressed": now === name });
      host.children[i].onclick = () => this.choose(name);
    });
  }

  drawLayers() {
    const host = this.part("layers");
    const { there, heads, zoom } = this.data;
    fit(host, there.length, (layer) =>
      html("button", { type: "button", onclick: () => this.go(layer) }),
    );
    there.forEach((share, layer) => {
      const kinds = layer ? heads[layer - 1].map(({ kind }) => kind) : [];
      const word = ["pairs", "collects", "reads x"].find((kind) => kinds.includes(kind)) ?? "";
      const bar = html("i", {});
      bar.style.setProperty("--share", `${(100 * share).toFixed(0)}%`);
      host.children[layer].replaceChildren(
        html("span", {}, !layer ? "Input" : zoom > 1 ? String(layer) : `Layer ${layer}`),
        bar,
        html("small", {}, word || "\u00a0"),
      );
    });
  }

  /** @param {number} layer */
  drawHeads(layer) {
    const host = this.part("heads");
    const heads = layer ? this.data.heads[layer - 1] : [];
    fit(host, heads.length, (head) =>
      html("button", { type: "button", onclick: () => this.pickHead(head) }),
    );
    heads.forEach(({ kind, share }, head) => {
      const does = kind === "broad" || kind === "off" ? kind : `${kind} ${show(share)}`;
      host.children[head].textContent = `Head ${head + 1}: ${does}`;
      set(host.children[head], { "aria-pressed": head === this.head });
    });
    this.part("reader").textContent = this.readerSaid(layer);
    this.drawMap(layer);
  }

  /** @param {number} layer */
  readerSaid(layer) {
    if (!layer) return "Nobody reads yet. Go to a layer, then choose a head, or a bead.";
    const { tokens } = this.weights;
    const reader = this.reader ?? tokens - 1;
    const off = this.off(layer);
    const read = Array.from({ length: reader + 1 }, (_, token) => ({
      name: token === reader ? "itself" : tokenName(token, tokens),
      weight: this.weights.strongest(layer - 1, this.head, off, reader, token),
    }));
    const most = read.sort((a, b) => b.weight - a.weight).slice(0, 3);
    const who = this.head === null ? "strongest head" : `head ${this.head + 1}`;
    const told = most.map(({ name, weight }) => `${name} ${show(weight)}`).join(", ");
    return `In layer ${layer}, ${tokenName(reader, tokens)} reads most (${who}): ${told}. Choose another bead to see what it reads, or a head to see its whole map.`;
  }

  /** @param {number} layer */
  drawMap(layer) {
    const shown = this.head !== null && layer > 0 && this.weights.bytes !== null;
    this.part("mapBox").hidden = !shown;
    if (!shown) return;
    const { tokens } = this.weights;
    const head = Number(this.head);
    drawMap(
      this.part("map"),
      tokens,
      this.ink(),
      (reader, token) => this.weights.of(layer - 1, head, reader, token) ?? 0,
    );
    this.part("map").setAttribute(
      "aria-label",
      `Attention of head ${head + 1} of layer ${layer}: ${tokens} tokens read each other`,
    );
  }

  ink() {
    return this.dark ? this.data.colour.dark : this.data.colour.light;
  }

  drawLegends() {
    const bow = (/** @type {string} */ kind, /** @type {string} */ text) => {
      const mark = svg("svg", { viewBox: "0 0 26 12", "aria-hidden": "true" });
      const d = kind === "own" ? "M3 11C3 0 23 0 23 11" : "M3 1C3 12 23 12 23 1";
      svg("g", { class: kind }, mark).append(svg("path", { d, "stroke-width": 3 }));
      return html("span", {}, mark, text);
    };
    this.part("legend").replaceChildren(
      bow("own", "each y reads its own x"),
      bow("reads", "what the chosen bead reads (▲ at first)"),
      html("span", {}, "Width: the weight, in the strongest head or the chosen one"),
    );
    this.part("lines").replaceChildren(...this.plot.names(this.data, this.dark));
  }
}

export default component("mechanism", (root) => new View(root));
