// The tokens as beads, and arcs between them: each y to its x above, a reader's below.

import { fit, set, svg } from "../shared/dom.js";
import { show } from "../shared/numbers.js";
import { tokenName } from "./weights.js";

const SIDE = 22; // px left and right
const APART = 0.7; // of a place, between two pairs
const [THIN, THICK] = [0.6, 9]; // px of an arc of weight 0 and 1
const FAINT = 0.02; // weights below are not drawn
const VALUE = 17; // px that it takes above the bead
const ROOM = 30; // px that a bead needs for its number

/** @typedef {{ from: number, to: number, weight: number }} Arc */

/**
 * Where the beads lie, from left to right, the query last.
 *
 * @param {number} pairs @param {number} width
 */
export function placesOf(pairs, width) {
  const places = 2 * pairs + 1 + pairs * APART;
  const step = (width - 2 * SIDE) / Math.max(1, places - 1);
  const at = (/** @type {number} */ i) => SIDE + step * (i + Math.floor(i / 2) * APART);
  return { step, xs: Array.from({ length: 2 * pairs + 1 }, (_, i) => at(i)) };
}

export class Beads {
  /** @type {number[]} */
  xs = [];
  line = 0;
  deep = 0;
  radius = 0;
  grown = NaN;
  /** Px above a bead from which arcs rise, over its number. */
  over = 0;

  /** @param {(token: number) => void} pick A token that is to be the reader. */
  constructor(pick) {
    this.pick = pick;
    this.ground = svg("svg", { role: "group", "aria-label": "Tokens of the prompt" });
    this.beads = svg("g", {}, this.ground);
    // A picture of their own: what grows is moved, not painted anew with each frame.
    this.arcs = svg("svg", { class: "moves", "aria-hidden": "true" });
    this.above = svg("g", { class: "own" }, this.arcs);
    this.below = svg("g", { class: "reads" }, this.arcs);
  }

  /**
   * @param {number} width @param {number} height @param {number[][]} points
   * @param {number | null} query @param {number} pairs
   */
  resize(width, height, points, query, pairs) {
    const { step, xs } = placesOf(pairs, width);
    const most = Math.min(step * (1 + APART), width / 8);
    this.xs = xs;
    this.line = Math.max(56, Math.min(height * 0.3, 0.9 * most + 40));
    this.deep = height - this.line - 26;
    const radius = Math.max(3, Math.min(13, 0.46 * step));
    this.radius = radius;
    this.over = radius + (step < ROOM ? 0 : VALUE);
    for (const root of [this.ground, this.arcs])
      set(root, { viewBox: `0 0 ${width} ${height}`, height });
    fit(this.beads, xs.length, (token) => this.makeBead(token));
    xs.forEach((x, token) => {
      const [circle, letter, value] = this.beads.children[token].children;
      const last = token === xs.length - 1;
      set(this.beads.children[token], {
        class: `bead ${last ? "ask" : token % 2 ? "y" : "x"}`,
        transform: `translate(${x} ${this.line})`,
      });
      set(circle, { r: radius });
      letter.textContent = radius < 8 ? "" : token % 2 ? "y" : "x";
      const known = last ? query : points[Math.floor(token / 2)]?.[token % 2];
      value.textContent =
        step < ROOM || known === undefined || known === null ? "" : show(known, 1);
      set(value, { y: -radius - 5 });
    });
  }

  /** @param {number} token */
  makeBead(token) {
    const node = svg("g", { role: "button" });
    svg("circle", {}, node);
    svg("text", { class: "letter", "text-anchor": "middle", y: 4 }, node);
    svg("text", { class: "value", "text-anchor": "middle" }, node);
    node.onclick = () => this.pick(token);
    node.onkeydown = (event) => {
      const to = token + (event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : NaN);
      const other = /** @type {SVGElement | undefined} */ (this.beads.children[to]);
      if (event.key === "Enter" || event.key === " ") this.pick(token);
      else if (other) {
        this.pick(to);
        other.focus();
      } else return;
      event.preventDefault();
    };
    return node;
  }

  /**
   * @param {Arc[]} own @param {Arc[]} reads @param {number} reader
   */
  draw(own, reads, reader) {
    const up = (/** @type {number} */ span) => 10 + 0.55 * span;
    const most = Math.max(1, ...reads.map((arc) => Math.abs(this.xs[arc.from] - this.xs[arc.to])));
    const down = (/** @type {number} */ span) => -(16 + (this.deep - 16) * (span / most));
    this.drawArcs(this.above, own, up, -this.over);
    this.drawArcs(this.below, reads, down, this.radius);
    const tokens = this.xs.length;
    [...this.beads.children].forEach((bead, token) =>
      set(bead, {
        tabindex: token === reader ? 0 : -1,
        "aria-pressed": token === reader,
        "aria-label": `Token ${token + 1} of ${tokens}, ${tokenName(token, tokens)}`,
      }),
    );
  }

  /**
   * Arcs leave the token that is read and end at the reader, as what is read goes.
   *
   * @param {SVGGElement} host @param {Arc[]} arcs @param {(span: number) => number} rise
   * @param {number} edge
   */
  drawArcs(host, arcs, rise, edge) {
    const seen = arcs.filter((arc) => arc.weight >= FAINT && arc.from !== arc.to);
    fit(host, seen.length, () => svg("path"));
    seen.forEach(({ from, to, weight }, i) => {
      const [a, b] = [this.xs[from], this.xs[to]];
      const y = this.line + edge;
      const top = y - (4 / 3) * rise(Math.abs(b - a));
      set(host.children[i], {
        d: `M${a.toFixed(1)} ${y}C${a.toFixed(1)} ${top.toFixed(1)} ${b.toFixed(1)} ${top.toFixed(1)} ${b.toFixed(1)} ${y}`,
        "stroke-width": (THIN + (THICK - THIN) * weight).toFixed(2),
        opacity: (0.25 + 0.75 * weight).toFixed(2),
      });
    });
  }

  /**
   * How far the arcs have grown, from 0 to 1.
   *
   * @param {number} share
   */
  reveal(share) {
    if (share === this.grown) return;
    this.grown = share;
    this.arcs.style.opacity = share.toFixed(3);
    this.arcs.style.transform = `scaleY(${share.toFixed(3)})`;
  }
}
