// The true weights as bars, off the plane: held at their ends, they are the task.

/** @import { Lab } from "./lab.js" */
/** @import { Scale } from "../shared/geometry.js" */

import { fit, set, svg } from "../shared/dom.js";
import { clamp, show } from "../shared/numbers.js";
import { moveWeight } from "./gestures.js";
import { arrow } from "./keyboard.js";

const THICK = 14; // px

export class WeightBars {
  /** @type {{ index: number, off: number } | null} The bar that is held, and how far off its end. */
  grip = null;
  half = 1;
  /** @type {Scale | null} */
  sx = null;

  /** @param {Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.root = svg("svg", { class: "weights", role: "group" });
    this.scene = svg("g", {}, this.root);
    this.bars = svg("g", {}, this.root);
    this.marks = svg("g", { class: "marks" }, this.root);
    this.root.onpointermove = (event) => this.move(event);
    this.root.onpointerup = () => this.release();
    this.root.onpointercancel = () => this.release();
  }

  /**
   * How far the axis reaches; as far as it did while a bar is held, or it would run away.
   *
   * @param {number} wanted
   */
  reach(wanted) {
    if (!this.grip) this.half = wanted;
    return this.half;
  }

  /**
   * @param {number[]} truth
   * @param {Scale} sx
   * @param {(index: number) => number} at Each row's place.
   * @param {(index: number) => string} name
   */
  draw(truth, sx, at, name) {
    this.sx = sx;
    fit(this.bars, truth.length, (index) => this.make(index));
    const most = this.lab.data.limits.line;
    [...this.bars.children].forEach((node, i) => {
      const [bar, tick, hit] = node.children;
      const [from, to] = [sx(0), sx(clamp(truth[i], -this.half, this.half))];
      set(bar, { x: Math.min(from, to), width: Math.abs(to - from) });
      set(tick, { d: `M${to} -16v32` });
      set(hit, { x: to - 20 });
      set(node, {
        transform: `translate(0 ${at(i)})`,
        tabindex: this.lab.asking ? null : 0,
        "aria-label": `True ${name(i)}`,
        "aria-valuemin": -most,
        "aria-valuemax": most,
        "aria-valuenow": truth[i],
        "aria-valuetext": show(truth[i]),
      });
    });
  }

  /** @param {number} index */
  make(index) {
    const node = svg("g", { class: "bar", role: "slider" });
    svg("rect", { class: "length", y: -THICK / 2, height: THICK, rx: 3 }, node);
    svg("path", { class: "tick" }, node);
    svg("rect", { class: "hit", y: -20, width: 40, height: 40 }, node);
    node.onpointerdown = (event) => this.grab(event, index);
    node.onkeydown = (event) => {
      const step = arrow(event);
      if (!step || this.lab.asking) return;
      event.preventDefault();
      moveWeight(this.lab, index, this.lab.trueWeights[index] + step[0] + step[1]);
      this.lab.emit(true);
    };
    return node;
  }

  /** @param {PointerEvent} event @param {number} index */
  grab(event, index) {
    if (event.button || this.lab.asking || !this.sx) return;
    event.preventDefault();
    /** @type {SVGElement} */ (event.currentTarget).focus({ preventScroll: true });
    this.root.setPointerCapture(event.pointerId);
    this.grip = { index, off: this.sx(this.lab.trueWeights[index]) - this.locate(event) };
  }

  /** @param {PointerEvent} event */
  locate(event) {
    return (event.clientX - this.root.getBoundingClientRect().left) / this.lab.data.zoom;
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.grip || !this.sx) return;
    const value = this.sx.invert(this.locate(event) + this.grip.off);
    moveWeight(this.lab, this.grip.index, clamp(value, -this.half, this.half));
  }

  release() {
    if (!this.grip) return;
    this.grip = null;
    this.lab.emit(true);
  }
}
