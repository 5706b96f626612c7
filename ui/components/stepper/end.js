// The answer beside its reference.

/** @import { Stepper } from "./walk.js" */

import { html } from "../shared/dom.js";

/** @param {HTMLElement} host @param {Stepper} st */
export function drawEnd(host, st) {
  const { end, title } = st.data;
  const reached = st.step === st.count;
  host.classList.toggle("reached", reached);
  const verdict = end.within
    ? `They agree to ${end.digits} digits, well within the stated tolerance of ${tiny(end.tolerance)}.`
    : `They differ by ${tiny(end.difference)}, more than the stated tolerance of ${tiny(end.tolerance)}.`;
  host.replaceChildren(
    html("h2", {}, "The answer at the query"),
    html(
      "dl",
      {},
      html("dt", {}, `${title}, by the layers' weights`),
      reached
        ? agreeing(end.program, end.reference)
        : html("dd", {}, html("span", {}, "after the last step")),
      html("dt", {}, html("code", {}, end.call)),
      agreeing(end.reference, end.program),
    ),
    html("p", {}, reached ? verdict : "Step to the end to compare the two."),
  );
}

/**
 * A number with the digits that both have in bold.
 *
 * @param {string} number
 * @param {string} other
 */
function agreeing(number, other) {
  let count = 0;
  while (count < number.length && number[count] === other[count]) count++;
  const text = (/** @type {string} */ part) => part.replace("-", "−");
  return html(
    "dd",
    {},
    html("b", {}, text(number.slice(0, count))),
    html("span", {}, text(number.slice(count))),
  );
}

/** @param {number} value */
const tiny = (value) => value.toExponential(0).replace("-", "−");
