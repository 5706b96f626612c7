import { become, html, set } from "../shared/dom.js";
import { show } from "../shared/numbers.js";

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
    // While the start page performs, the plane has fewer points than the prompt.
    const [x, y] = data.plane
      ? (screen.points[i] ?? [])
      : [data.weights.prompt.x[i], data.weights.prompt.y[i]];
    return [
      chip("x", i + 1, x === undefined ? "" : inputs(lab, x), "x"),
      chip("y", i + 1, y === undefined ? "" : data.plane ? lab.y.show(y) : show(y), "y"),
    ];
  });
  const query = data.plane ? lab.x.show(screen.query) : "";
  const told = data.plane ? data.at_query[lab.network] : undefined;
  const answer = typeof told === "number" ? lab.y.show(told) : "";
  become(host, [
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
  ]);
  set(host, {
    role: "img",
    "aria-label":
      `The prompt: ${count} examples ${lab.x.name}, ${lab.y.name} in order, then a query ` +
      `${lab.x.name} ${query}. ` +
      (answer && `The transformer, its weights fixed, answers ${answer}.`),
  });
}

/**
 * A number, or the numbers of an input with several: its first two where it has more than three.
 *
 * @param {Lab} lab
 * @param {number | number[]} x
 */
function inputs(lab, x) {
  if (typeof x === "number") return lab.x.show(x);
  const told = (x.length > 3 ? x.slice(0, 2) : x).map((value) => show(value));
  return `(${told.join(", ")}${x.length > 3 ? ", …" : ""})`;
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
