// The same as numbers: the points to type into or to paste, or the weights to read.

/** @import { Bounds } from "../shared/numbers.js" */
/** @import { Axis } from "./axis.js" */
/** @import { Lab } from "./lab.js" */

import { fit, html, put } from "../shared/dom.js";
import { numberField } from "../shared/number_field.js";
import { show, Unreadable } from "../shared/numbers.js";
import { isTable, readTable } from "../shared/paste.js";
import { table, titledRow } from "../shared/table.js";
import { axisOf } from "./axis.js";
import { add, fillPoints, moveQuery, remove, setPoint, setTruth } from "./gestures.js";

/** @typedef {HTMLTableRowElement & { update: (index: number) => void }} PointRow */

/** The numbers that are there on the plane, kept while they are typed into. */
export class PointTable {
  /** @param {Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.measured = lab.measured;
    this.table = table(["Example", lab.x.name, lab.y.name, "Delete"], []);
    this.body = this.table.tBodies[0];
    this.told = html("p", { className: "hint", role: "status" }, HINT);
    this.single = {
      query: this.cell(`${lab.x.name} of the question`, lab.x, lab.data.limits.x, (x) => {
        moveQuery(lab, x);
        lab.emit(true);
      }),
      slope: this.ofLine("Slope of the true line", 0),
      offset: this.ofLine("Offset of the true line", 1),
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
        html("span", { className: "pair" }, `Asked at ${lab.x.name} `, query),
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
    this.single.query.show(lab.x.typed(lab.screen.query));
    put(this.line, { hidden: !lab.truth });
    this.single.slope.show(lab.truth?.[0] ?? 0);
    this.single.offset.show(lab.truth?.[1] ?? 0);
    put(this.single.offset, { hidden: lab.screen.d === 1 });
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
    const { x, y, data } = this.lab;
    const cells = [
      this.cell("", x, data.limits.x, (at) => setPoint(this.lab, index, 0, at)),
      this.cell("", y, data.limits.y, (at) => setPoint(this.lab, index, 1, at)),
    ];
    const bin = html(
      "button",
      { type: "button", onclick: () => remove(this.lab, index) },
      "Delete",
    );
    const row = titledRow("", [...cells, bin]);
    const update = (/** @type {number} */ at) => {
      index = at;
      put(row.cells[0], { textContent: String(at + 1) });
      bin.setAttribute("aria-label", `Delete example ${at + 1}`);
      cells.forEach((cell, axis) => {
        const of = axis ? y : x;
        cell.name(`${of.name} of example ${at + 1}`);
        cell.show(of.typed(this.lab.screen.points[at][axis]));
      });
    };
    return Object.assign(row, { update });
  }

  /** @param {string} label @param {0 | 1} part */
  ofLine(label, part) {
    const { lab } = this;
    return this.cell(label, axisOf("", undefined), lab.data.limits.line, (value) =>
      setTruth(lab, part, value),
    );
  }

  /**
   * @param {string} label
   * @param {Axis} axis What is typed are its values, what is taken are places on it.
   * @param {number} half How far it reaches, on either side of 0.
   * @param {(at: number) => void} take
   */
  cell(label, axis, half, take) {
    return numberField({
      label,
      bounds: axis.bounds(half),
      step: axis.step,
      take: (value) => take(axis.place(Number(value))),
      say: (sentence) => this.lab.announce(sentence),
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
    const { x, y, data } = this.lab;
    const { points } = data.limits;
    /** @type {[Bounds, Bounds]} */
    const bounds = [x.bounds(data.limits.x), y.bounds(data.limits.y)];
    try {
      const told = readTable(text, bounds, axis);
      const rows = told.map((row) =>
        row.length === 2 ? [x.place(row[0]), y.place(row[1])] : [(axis ? y : x).place(row[0])],
      );
      const over = from + rows.length - points;
      if (over > 0)
        throw new Unreadable(`${rows.length} rows are ${over} more than the prompt has room for`);
      const made = Math.max(0, from + rows.length - this.lab.screen.points.length);
      fillPoints(this.lab, from, axis, rows);
      const half = made && rows[0].length === 1;
      return (
        `Pasted: examples ${from + 1} to ${from + rows.length}.` +
        (half
          ? ` New ones among them have ${axis ? `${x.name} = ${x.exact(0)}` : `${y.name} = ${y.exact(0)}`} until you give it.`
          : "")
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

const HINT = "Paste a column, or both, from a spreadsheet into a cell: it fills the rows below.";

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
