import { html } from "../shared/dom.js";

/** @import { Lab } from "./lab.js" */

/**
 * The prompt as the network reads it, token by token.
 *
 * @param {HTMLElement} host
 * @param {Lab} lab
 */
export function drawPrompt(host, lab) {
  const { data, screen } = lab;
  const count = data.screen.k;
  const shown = count > 5 ? [0, 1, 2, null, count - 1] : [...Array(count).keys()];
  const chips = shown.flatMap((i) => {
    if (i === null) return [html("span", { className: "gap" }, "…")];
    const point = data.plane ? screen.points[i] : null;
    return [
      chip("x", i + 1, point ? lab.x.show(point[0]) : "", "x"),
      chip("y", i + 1, point ? lab.y.show(point[1]) : "", "y"),
    ];
  });
  const query = data.plane ? lab.x.show(screen.query) : "";
  const told = data.plane ? data.at_query[lab.network] : undefined;
  const answer = typeof told === "number" ? lab.y.show(told) : "";
  host.replaceChildren(
    html("span", { className: "caption" }, "The prompt"),
    html("span", { className: "chips" }, ...chips, chip("x", "?", query, "ask")),
    html("span", { className: "arrow" }, "→"),
    html(
      "span",
      { className: "box" },
      html("b", {}, lab.styles[lab.network]?.label ?? "Network"),
      html("small", {}, lab.data.about),
    ),
    html("span", { className: "arrow" }, "→"),
    chip("ŷ", "?", answer, "answer"),
  );
  host.setAttribute("role", "img");
  host.setAttribute(
    "aria-label",
    `The prompt: ${count} examples ${lab.x.name}, ${lab.y.name} in order, then a query ` +
      `${lab.x.name} ${query}. ` +
      (answer && `The transformer, its weights fixed, answers ${answer}.`),
  );
}

/**
 * @param {string} letter
 * @param {number | string} index
 * @param {string} value
 * @param {string} kind
 */
function chip(letter, index, value, kind) {
  return html(
    "span",
    { className: `chip ${kind}` },
    html("i", {}, letter, html("sub", {}, String(index))),
    value,
  );
}
