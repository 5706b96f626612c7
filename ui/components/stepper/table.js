// The same as numbers.

/** @import { Stepper } from "./walk.js" */

import { html } from "../shared/dom.js";
import { show } from "../shared/numbers.js";
import { table, titledRow } from "../shared/table.js";
import { math, same, spoken } from "./stream.js";

/** @param {HTMLElement} host @param {Stepper} st */
export function drawNumberTable(host, st) {
  const { data } = st;
  const focus = st.focus();
  const { now, before } = st.around();
  const told = (/** @type {number[]} */ values) => values.map((value) => show(value, 4)).join(", ");
  const rows = data.slots.map(({ name, symbol, words }) => {
    const [old, fresh] = [before[name][focus], now[name][focus]];
    const changed = same(old, fresh) ? "" : "changed";
    return html(
      "tr",
      {},
      html("th", { scope: "row" }, math(symbol)),
      html("td", {}, words),
      html("td", {}, told(old)),
      html("td", { className: changed }, told(fresh)),
    );
  });
  const titles = ["Slot", "What it holds", "Before this step", "After it"];
  host.replaceChildren(
    html(
      "p",
      { className: "hint" },
      `Token ${spoken(data.tokens[focus])}, step ${st.step} of ${st.count}.`,
    ),
    table(titles, rows),
    html("p", { className: "hint" }, "The answer at the query over depth."),
    table(["Share of depth", "Program"], depthRows(data.answers)),
    ...(data.trained.readouts
      ? [table(["Share of depth", "Trained, read out"], depthRows(data.trained.readouts))]
      : []),
  );
}

/** @param {number[]} answers */
const depthRows = (answers) =>
  answers.map((answer, i) => titledRow(show(i / (answers.length - 1)), [show(answer, 4)]));
