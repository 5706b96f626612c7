// Tables, for who reads numbers rather than drawings.

import { html } from "./dom.js";

/** @param {string[]} titles Of the columns. @param {HTMLTableRowElement[]} rows */
export function table(titles, rows) {
  const head = titles.map((title) => html("th", { scope: "col" }, title));
  return html("table", {}, html("thead", {}, html("tr", {}, ...head)), html("tbody", {}, ...rows));
}

/** @param {string} title @param {(Node | string)[]} values */
export const titledRow = (title, values) =>
  html("tr", {}, html("th", { scope: "row" }, title), ...cells(values));

/** @param {(Node | string)[]} values */
export const cells = (values) => values.map((value) => html("td", {}, value));
