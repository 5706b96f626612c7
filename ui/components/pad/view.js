// Everything on the pad, drawn from the lab's state and Python's last answer.

/** @import { Lab } from "./lab.js" */

import { html, put, set } from "../shared/dom.js";
import { Fill } from "../shared/fill.js";
import { clamp, show } from "../shared/numbers.js";
import { isDark } from "../shared/theme.js";
import { watch } from "../shared/watch.js";
import { isWhole } from "../shared/whole.js";
import { drawErrors } from "./errors.js";
import { drawStrip } from "./layers.js";
import { drawMethods } from "./methods.js";
import { Plane } from "./plane.js";
import { drawPrompt } from "./prompt.js";
import { PointTable } from "./table.js";
import { drawTask } from "./task.js";
import { WeightBars } from "./weight_bars.js";
import { drawWeights } from "./weights.js";

const LOWEST = 205; // px, of the plane in a room

export class View {
  dark = false;
  /** @type {PointTable | undefined} There from the first answer on. */
  points;

  /** @param {HTMLElement} root @param {Lab} lab */
  constructor(root, lab) {
    this.root = root;
    this.lab = lab;
    /** @type {NodeListOf<HTMLElement>} */
    const named = root.querySelectorAll("[data-role], [data-do], [data-part]");
    const by = (/** @type {"role" | "do" | "part"} */ key) =>
      [...named].filter((node) => key in node.dataset);
    /** @type {Map<string | undefined, any>} */
    this.roles = new Map(by("role").map((node) => [node.dataset.role, node]));
    /** @type {Map<string, any>} */
    this.buttons = new Map(by("do").map((node) => [node.dataset.do ?? "", node]));
    this.parts = by("part").map((node) => ({
      node,
      gap: document.createComment(node.dataset.part ?? ""),
    }));
    /** @type {any} */
    this.numbers = root.querySelector(".numbers");
    this.plane = new Plane(lab, this.part("canvas"));
    this.weights = html("div", { className: "weightView" });
    this.bars = new WeightBars(lab);
    this.part("canvas").append(this.weights);
    const forget = watch(root, this.part("canvas"), () => this.redraw());
    this.fill = new Fill(root, () => this.redraw());
    this.end = () => {
      forget();
      this.fill.end();
    };
  }

  /**
   * An element by its role, also while its part of the pad is left out.
   *
   * @param {string} role
   */
  part(role) {
    return this.roles.get(role);
  }

  /** The picture to take away. */
  drawing() {
    return this.lab.data.plane ? this.plane.root : this.weights.querySelector("svg");
  }

  redraw() {
    if (this.lab.data) this.draw();
  }

  /** @param {boolean} [answered] Without it what only an answer changes stays as it is. */
  draw(answered = true) {
    const { lab } = this;
    const { data } = lab;
    this.dark = isDark(this.root);
    this.root.classList.toggle("dark", this.dark);
    this.root.classList.toggle("room", data.zoom > 1);
    /** @type {NodeListOf<HTMLElement>} */
    const onPlane = this.root.querySelectorAll("[data-plane]");
    for (const node of onPlane) put(node, { hidden: !data.plane });
    this.leaveOut(data.hide);
    this.plane.root.style.display = data.plane ? "" : "none";
    put(this.weights, { hidden: data.plane });
    lab.opening.draw(this.part("opening"));
    // Read before anything is drawn: afterwards the browser would lay it out for the answer.
    const room = this.part("errors").clientWidth;
    this.drawStage();
    drawPrompt(this.part("prompt"), lab);
    drawMethods(this.part("methods"), lab);
    drawTask(this.part("task"), lab);
    if (answered) {
      this.drawLayers();
      this.drawErrors(room);
    }
    if (this.numbers.open || !this.points) this.drawNumbers();
    this.buttons.get("undo").disabled = !lab.history.past.length;
    this.buttons.get("redo").disabled = !lab.history.future.length;
    put(this.buttons.get("copyEmbed"), { hidden: !data.embeds });
    put(this.part("python"), { textContent: data.python });
    this.drawBeyond();
    put(this.part("at"), {
      textContent: data.plane ? `ŷ at ${lab.x.name} = ${lab.x.show(lab.screen.query)}` : "",
    });
  }

  /**
   * What a page or a teacher has no use for is not in the document, rather than out of sight.
   *
   * @param {string[]} hide
   */
  leaveOut(hide) {
    for (const { node, gap } of this.parts) {
      const out = hide.includes(node.dataset.part ?? "");
      if (out && !gap.parentNode) node.replaceWith(gap);
      if (!out && gap.parentNode) gap.replaceWith(node);
    }
  }

  /** Where the network was trained on nothing like it, a badge says so while one drags. */
  drawBeyond() {
    const { lab } = this;
    const said = lab.shown().includes(lab.network) ? lab.data.beyond : null;
    put(this.part("beyond"), { hidden: !said, textContent: said ?? "" });
  }

  drawStage() {
    const { lab } = this;
    const { plane, zoom } = lab.data;
    const width = this.part("canvas").clientWidth || 640;
    this.part("truth").checked = Boolean(lab.truth || lab.truthCurve);
    this.drawHint(lab.asking ? HINTS.guess : plane ? HINTS.plane : HINTS.weights);
    if (!plane) return drawWeights(this.weights, lab, this.bars);
    const height =
      zoom > 1 || isWhole(this.root)
        ? this.fill.height(this.part("canvas"), LOWEST, this.part("below"))
        : clamp(width * 0.62, 300, 430);
    this.plane.resize(width, Math.round(height), zoom);
    this.plane.draw();
  }

  /** @param {string[]} hint */
  drawHint([plain, keys = ""]) {
    const host = this.part("hint");
    if (host.textContent !== plain + keys)
      host.replaceChildren(plain, html("span", { className: "keys" }, keys));
  }

  drawLayers() {
    const { data, screen, layer } = this.lab;
    const layers = data.plane ? data.layers : data.weights.layers;
    put(this.part("layers"), { hidden: !layers });
    if (!layers) return;
    const count = layers.r2.length;
    drawStrip(this.part("strip"), this.lab);
    set(this.part("layer"), { max: count - 1 });
    put(this.part("layer"), { value: String(layer ?? -1) });
    put(this.part("layerName"), {
      textContent:
        layer === null
          ? "No layer on the pad"
          : `${layer ? `After layer ${layer}` : "Input"} on the pad`,
    });
    const like = `d = ${screen.d}, k = ${data.screen.k}`;
    const read = data.plane ? "line" : "weights";
    put(this.part("layerHint"), {
      textContent:
        `Each small picture is the ${read} that a linear readout, fitted once for that layer, gives on this very prompt. ` +
        `R² is its average score on other prompts with ${like}: 1 is perfect, ${show(layers.bayes_r2)} the best possible. ` +
        "A readout shows what can be read, not what the network uses.",
    });
  }

  /** @param {number} room */
  drawErrors(room) {
    drawErrors(this.part("errors"), this.lab, room);
    put(this.part("errorHint"), {
      textContent: this.lab.data.errors.clean
        ? "Squared error of each method on the next example's true answer, having seen the k before it."
        : "Your own points have no known truth, so this is the squared error of predicting each next point from those before it.",
    });
  }

  drawNumbers() {
    if (this.points?.measured !== this.lab.measured || !this.points)
      this.points = new PointTable(this.lab);
    this.points.draw(this.part("table"));
    this.numbers.ontoggle = () => this.drawNumbers();
  }

  /** @param {string | null} sentence */
  say(sentence) {
    put(this.part("notice"), { hidden: !sentence, textContent: sentence ?? "" });
  }

  /** @param {boolean} replaced Whether the visitor's drawing has just been replaced. */
  offer(replaced) {
    put(this.part("offer"), { hidden: !replaced });
  }

  /** @param {string | null} sentence */
  announce(sentence) {
    this.part("live").textContent = sentence;
  }
}

/** By finger or mouse, and by keyboard; the latter is not said where there is only touch. */
const HINTS = {
  guess: [
    "Click, or drag the diamond, to the y that you expect.",
    " With the keyboard: Tab to the diamond, arrows move it, Enter commits.",
  ],
  plane: [
    "Click to add a point, drag to move it, double-click to delete. Drag ▲ to ask at another x.",
    " With the keyboard: Tab to a point, arrows move it, Delete removes it.",
  ],
  weights: [
    "More than one input, so there is no line to draw. Each row is one weight: drag the end of its bar to set the true one. The examples follow, and so do the weights that each learner acts as if it had.",
    " With the keyboard: Tab to a bar, arrows move it.",
  ],
};
