// The same as numbers: the points to type into or to paste, or the weights to read.

/** @import { Bounds } from "../shared/numbers.js" */
/** @import { Lab } from "./lab.js" */

import { fit, html } from "../shared/dom.js";
import { numberField } from "../shared/number_field.js";
import { show, Unreadable } from "../shared/numbers.js";
import { isTable, readTable } from "../shared/paste.js";
import { table, titledRow } from "../shared/table.js";
import { add, fillPoints, moveQuery, remove, setPoint, setTruth } from "./gestures.js";

/** @typedef {HTMLTableRowElement & { update: (index: number) => void }} PointRow */

/** The numbers that are there on the plane, kept while they are typed into. */
export class PointTable {
  /** @param {Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.table = table(["Example", "x", "y", "Delete"], []);
    this.body = this.table.tBodies[0];
    this.told = html("p", { className: "hint", role: "status" }, HINT);
    this.single = {
      query: this.cell("x of the question", "x", (x) => {
        moveQuery(lab, x);
        lab.emit(true);
      }),
      slope: this.cell("Slope of the true line", "line", (value) => setTruth(lab, 0, value)),
      offset: this.cell("Offset of the true line", "line", (value) => setTruth(lab, 1, value)),
    };
    const { query, slope, offset } = this.single;
    this.line = html("span", { className: "pair" }, "True line: slope ", slope, " offset ", offset);
    this.all = html(
      "div",
      {},
      this.table,
      html("button", { type: "button", onclick: () => add(lab, lab.screen.query, 0) }, "Add a row"),
      this.told,
      html(
        "p",
        { className: "single" },
        html("span", { className: "pair" }, "Asked at x ", query),
        this.line,
      ),
    );
    // Before the cells, which take one number each.
    this.body.addEventListener("paste", (event) => this.paste(event), { capture: true });
  }

  /** @param {HTMLElement} host */
  draw(host) {
    const { lab } = this;
    if (!lab.data.plane) return host.replaceChildren(weightTable(lab));
    if (this.all.parentNode !== host) host.replaceChildren(this.all);
    fit(this.body, lab.screen.points.length, () => this.row());
    [...this.body.rows].forEach((row, i) => /** @type {PointRow} */ (row).update(i));
    this.single.query.show(lab.screen.query);
    this.line.hidden = !lab.truth;
    this.single.slope.show(lab.truth?.[0] ?? 0);
    this.single.offset.show(lab.truth?.[1] ?? 0);
    this.single.offset.hidden = lab.screen.d === 1;
  }

  /**
   * A point has been deleted, and its row goes with it: what stands in the others is theirs.
   *
   * @param {number} index
   */
  forget(index) {
    this.body.rows[index]?.remove();
  }

  row() {
    let index = 0;
    const cells = [0, 1].map((axis) =>
      this.cell("", axis ? "y" : "x", (value) => setPoint(this.lab, index, axis ? 1 : 0, value)),
    );
    const bin = html(
      "button",
      { type: "button", onclick: () => remove(this.lab, index) },
      "Delete",
    );
    const row = titledRow("", [...cells, bin]);
    const update = (/** @type {number} */ at) => {
      index = at;
      row.cells[0].textContent = String(at + 1);
      bin.setAttribute("aria-label", `Delete example ${at + 1}`);
      cells.forEach((cell, axis) => {
        cell.name(`${"xy"[axis]} of example ${at + 1}`);
        cell.show(this.lab.screen.points[at][axis]);
      });
    };
    return Object.assign(row, { update });
  }

  /**
   * @param {string} label
   * @param {"x" | "y" | "line"} limit Its own, on either side of 0.
   * @param {(value: number) => void} take
   */
  cell(label, limit, take) {
    const { lab } = this;
    const high = lab.data.limits[limit];
    return numberField({
      label,
      bounds: { low: -high, high },
      step: 0.1,
      take: (value) => take(Number(value)),
      say: (sentence) => lab.announce(sentence),
    });
  }

  /**
   * More than one cell fills rows from the one that has the focus on, or none of them.
   *
   * @param {ClipboardEvent} event
   */
  paste(event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const input = /** @type {HTMLInputElement} */ (event.target);
    const cell = input.closest("td");
    if (!cell || !isTable(text)) return;
    event.preventDefault();
    input.blur(); // what was typed and not yet read
    const from = /** @type {HTMLTableRowElement} */ (cell.parentElement).sectionRowIndex;
    this.say(this.filled(text, from, cell.cellIndex === 2 ? 1 : 0));
    input.focus();
  }

  /**
   * The sentence that says what became of a text that was pasted.
   *
   * @param {string} text @param {number} from @param {0 | 1} axis
   */
  filled(text, from, axis) {
    const { points, x, y } = this.lab.data.limits;
    const bounds = [x, y].map((high) => ({ low: -high, high }));
    try {
      const rows = readTable(text, /** @type {[Bounds, Bounds]} */ (bounds), axis);
      const over = from + rows.length - points;
      if (over > 0)
        throw new Unreadable(`${rows.length} rows are ${over} more than the prompt has room for`);
      const made = Math.max(0, from + rows.length - this.lab.screen.points.length);
      fillPoints(this.lab, from, axis, rows);
      const half = made && rows[0].length === 1;
      return (
        `Pasted: examples ${from + 1} to ${from + rows.length}.` +
        (half ? ` New ones among them have ${"yx"[axis]} = 0 until you give it.` : "")
      );
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return `Nothing was pasted: ${error.message}.`;
    }
  }

  /** @param {string} sentence */
  say(sentence) {
    this.told.textContent = sentence;
  }
}

const HINT = "Paste a column, or x and y, from a spreadsheet into a cell: it fills the rows below.";

/** @param {Lab} lab */
function weightTable(lab) {
  const { rows, truth } = lab.data.weights;
  const row = (/** @type {string} */ label, /** @type {number[]} */ weights) =>
    titledRow(
      label,
      weights.map((w) => show(w, 3)),
    );
  const learners = lab.shown().filter((name) => rows[name]);
  const named = learners.map((name) => row(lab.styles[name].label, rows[name]));
  const count = (truth ?? rows[learners[0]] ?? []).length;
  return table(
    ["Method", ...Array.from({ length: count }, (_, i) => `w${i + 1}`)],
    truth ? [row("Truth", truth), ...named] : named,
  );
}
