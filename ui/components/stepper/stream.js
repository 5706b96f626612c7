// The residual stream as a grid: tokens across, slots down, the token at work large.

/** @import { Formula, Numbers, Slot, StepperData } from "./types.js" */

import { html, set, svg } from "../shared/dom.js";
import { clamp, show } from "../shared/numbers.js";

const MATHML = "http://www.w3.org/1998/Math/MathML";
const LABEL = { wide: 216, narrow: 46 };
const LEAST = 11; // px of a token's column; below that the grid scrolls
const ROW = 17; // px of one number in the large column
const ROLES = { prompt: "the prompt", scratch: "scratch", state: "what is learned" };

/**
 * [tag, child, …] as the server makes it of LaTeX.
 *
 * @param {Formula} tree
 * @returns {Node}
 */
export function math(tree) {
  if (typeof tree === "string") return document.createTextNode(tree);
  const [tag, ...children] = tree;
  const node = document.createElementNS(MATHML, tag);
  if (tag === "mspace") node.setAttribute("width", "0.22em");
  node.append(...children.map(math));
  return node;
}

/** @param {string} name */
function tokenName(name) {
  if (name === "start") return [document.createTextNode("⊢")];
  const [, letter, index] = name.match(/^([a-z]+?)(\d*)$/) ?? ["", name, ""];
  if (letter === "query") return [document.createTextNode("x"), html("sub", {}, "?")];
  return [document.createTextNode(letter), html("sub", {}, index)];
}

/** @param {string} name */
export const spoken = (name) =>
  name === "query" ? "the query" : name.replace(/^([xye])(\d+)$/, "$1 $2");

/** @param {number[]} one @param {number[]} other */
export const same = (one, other) => one.every((value, i) => value === other[i]);

/**
 * 0 … 1 for a number of any size: what is near 0 stays pale.
 *
 * @param {number} value
 */
const strength = (value) => Math.min(1, Math.log1p(3 * Math.abs(value)) / Math.log1p(24));

/** @param {number} value @param {boolean} large */
function heat(value, large) {
  if (!value) return "transparent";
  const share = 100 * (large ? 0.08 + 0.3 * strength(value) : 0.16 + 0.84 * strength(value));
  const hue = value > 0 ? "var(--plus)" : "var(--minus)";
  return `color-mix(in srgb, ${hue} ${share.toFixed(0)}%, transparent)`;
}

export class Stream {
  /** @type {StepperData} */
  data;
  arcs = svg("svg", { class: "arcs", "aria-hidden": "true" });
  /** @type {HTMLElement[]} */
  heads = [];
  /** @type {HTMLElement[][]} By slot and token. */
  cells = [];
  /** @type {number[]} px of the labels, then of every token. */
  widths = [];

  /** @param {HTMLElement} host @param {HTMLElement} scroll */
  constructor(host, scroll) {
    this.host = host;
    this.scroll = scroll;
  }

  /**
   * The grid of a new program; the numbers come with `show`.
   *
   * @param {StepperData} data
   */
  build(data) {
    this.data = data;
    const { tokens, slots } = data;
    this.heads = tokens.map((name) =>
      html("span", { className: `token ${name[0]}` }, ...tokenName(name)),
    );
    this.cells = slots.map((slot) => tokens.map(() => this.makeCell(slot)));
    const rows = slots.flatMap((slot, i) => {
      const first = i === 0 || slots[i - 1].role !== slot.role;
      const group = html("span", { className: "group" }, ROLES[slot.role]);
      const label = html(
        "span",
        { className: "slot", title: slot.words },
        math(slot.symbol),
        html("small", {}, slot.words),
      );
      label.style.setProperty("--lines", String(Math.min(slot.shape[0] ?? 1, 2)));
      return [...(first ? [group] : []), label, ...this.cells[i]];
    });
    this.host.replaceChildren(this.arcs, html("span"), ...this.heads, ...rows);
  }

  /** @param {Slot} slot */
  makeCell(slot) {
    const [height = 1, across = 1] = slot.shape;
    const cell = html("span", { className: "cell" });
    cell.style.gridTemplateColumns = `repeat(${across}, minmax(0, 1fr))`;
    cell.style.height = `${height * ROW + 3}px`;
    cell.append(...Array.from({ length: height * across }, () => html("i")));
    return cell;
  }

  /**
   * Column widths in px: the label, then every token, the one in focus large.
   *
   * @param {number} focus
   */
  measure(focus) {
    const { tokens, slots } = this.data;
    const room = this.scroll.clientWidth - 8;
    const across = Math.max(...slots.map((slot) => slot.shape[1] ?? 1));
    const large = across > 1 ? across * 50 + 8 : 74;
    const left = (/** @type {number} */ label) => (room - label - large) / (tokens.length - 1);
    const narrow = left(LABEL.wide) < 16;
    const label = narrow ? LABEL.narrow : LABEL.wide;
    const each = clamp(left(label), LEAST, 34);
    this.host.classList.toggle("narrow", narrow);
    this.host.classList.toggle("tight", each < 18);
    this.widths = [label, ...tokens.map((_, i) => (i === focus ? large : each))];
    this.host.style.gridTemplateColumns = this.widths.map((w) => `${w.toFixed(1)}px`).join(" ");
  }

  /**
   * now, before: a value for every slot and token; reads: the tokens that focus looks at.
   *
   * @param {Numbers} now
   * @param {Numbers} before
   * @param {number} focus
   * @param {number[]} reads
   * @param {boolean} moved
   */
  show(now, before, focus, reads, moved) {
    this.measure(focus);
    this.heads.forEach((head, i) => head.classList.toggle("focus", i === focus));
    this.data.slots.forEach(({ name }, row) =>
      this.cells[row].forEach((cell, token) => {
        const values = now[name][token];
        const lit = !same(values, before[name][token]);
        cell.className = "cell";
        if (token === focus) cell.classList.add("focus");
        if (lit) cell.classList.add("lit");
        this.fill(cell, values, token === focus);
        if (lit && moved && token === focus) this.flash(cell);
      }),
    );
    this.drawArcs(focus, reads);
    this.follow(focus);
  }

  /** @param {HTMLElement} cell @param {number[]} values @param {boolean} large */
  fill(cell, values, large) {
    [...cell.children].forEach((part, i) => {
      /** @type {HTMLElement} */ (part).style.setProperty("--heat", heat(values[i], large));
      part.textContent = large ? show(values[i], Math.abs(values[i]) >= 100 ? 1 : 3) : "";
    });
  }

  /** @param {HTMLElement} cell */
  flash(cell) {
    void cell.offsetWidth; // starts the animation anew
    cell.classList.add("flash");
  }

  /** @param {number} token */
  centre(token) {
    const before = this.widths.slice(0, token + 1).reduce((sum, width) => sum + width, 0);
    return before + this.widths[token + 1] / 2;
  }

  /** @param {number} focus @param {number[]} reads */
  drawArcs(focus, reads) {
    this.arcs.replaceChildren();
    set(this.arcs, { width: this.widths.reduce((sum, width) => sum + width, 0), height: 26 });
    const to = this.centre(focus);
    for (const token of reads) {
      const from = this.centre(token);
      svg("path", { d: `M${from} 24C${from} 0 ${to} 0 ${to} 19` }, this.arcs);
    }
    if (reads.length) svg("path", { class: "tip", d: `M${to} 26l-5-8h10z` }, this.arcs);
  }

  /**
   * Keep the token at work in sight where the grid is wider than the page.
   *
   * @param {number} focus
   */
  follow(focus) {
    if (this.scroll.scrollWidth <= this.scroll.clientWidth) return;
    this.scroll.scrollLeft = this.centre(focus) - this.scroll.clientWidth / 2;
  }
}
