// Numbers as a visitor reads them.

/** @param {number} t */
export const tickLabel = (t) => show(t, Number.isInteger(t) ? 0 : 1);

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** @param {number} value @param {number} [digits] */
export const show = (value, digits = 2) =>
  (Math.abs(value) >= 1e5 ? value.toExponential(1) : value.toFixed(digits))
    .replace(/^-(0(\.0*)?)$/, "$1")
    .replace("-", "−");
