// The same as numbers: the points to type into, or the weights to read.

import { html } from "../shared/dom.js";
import { show } from "../shared/numbers.js";
import { add, remove, type } from "./gestures.js";

export function drawTable(host, lab) {
  if (!lab.data.plane) return host.replaceChildren(weightTable(lab));
  const rows = lab.screen.points.map(([x, y], i) => pointRow(lab, i, x, y));
  const body = html("tbody", {}, ...rows);
  const head = html(
    "tr",
    {},
    ...["Example", "x", "y", ""].map((text) => html("th", { scope: "col" }, text)),
  );
  host.replaceChildren(
    html("table", {}, html("thead", {}, head), body),
    html("button", { type: "button", onclick: () => add(lab, lab.screen.query, 0) }, "Add a row"),
  );
}

function pointRow(lab, i, x, y) {
  const cell = (axis, value) =>
    html(
      "td",
      {},
      html("input", {
        type: "number",
        step: "any",
        value: Number(value.toFixed(4)),
        "aria-label": `${"xy"[axis]} of example ${i + 1}`,
        onchange: (event) => type(lab, i, axis, event.target),
      }),
    );
  const bin = html(
    "button",
    { type: "button", "aria-label": `Delete example ${i + 1}`, onclick: () => remove(lab, i) },
    "Delete",
  );
  return html(
    "tr",
    {},
    html("th", { scope: "row" }, i + 1),
    cell(0, x),
    cell(1, y),
    html("td", {}, bin),
  );
}

function weightTable(lab) {
  const { rows, truth } = lab.data.weights;
  const named = lab
    .shown()
    .filter((name) => rows[name])
    .map((name) => [lab.styles[name].label, rows[name]]);
  if (truth) named.unshift(["Truth", truth]);
  const head = ["Method", ...(named[0]?.[1] ?? []).map((_, i) => `w${i + 1}`)];
  return html(
    "table",
    {},
    html("thead", {}, html("tr", {}, ...head.map((t) => html("th", { scope: "col" }, t)))),
    html(
      "tbody",
      {},
      ...named.map(([label, row]) =>
        html(
          "tr",
          {},
          html("th", { scope: "row" }, label),
          ...row.map((w) => html("td", {}, show(w, 3))),
        ),
      ),
    ),
  );
}
