// The same as numbers.

import { html } from "../shared/dom.js";
import { show } from "../shared/numbers.js";
import { math, same, spoken } from "./stream.js";

export function drawNumberTable(host, st) {
  const { data } = st;
  const focus = st.focus();
  const { now, before } = st.around();
  const told = (values) => values.map((value) => show(value, 4)).join(", ");
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

function table(titles, rows) {
  const head = titles.map((title) => html("th", { scope: "col" }, title));
  return html("table", {}, html("thead", {}, html("tr", {}, ...head)), html("tbody", {}, ...rows));
}

const depthRows = (answers) =>
  answers.map((answer, i) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, show(i / (answers.length - 1))),
      html("td", {}, show(answer, 4)),
    ),
  );
