// Small helpers for drawing with SVG and reading numbers.

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes = {}, parent = null) {
  const node = document.createElementNS(SVG, tag);
  set(node, attributes);
  if (parent) parent.append(node);
  return node;
}

function html(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("aria-") || name.startsWith("data-") || name === "role")
      node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) node.removeAttribute(name);
    else node.setAttribute(name, value);
  }
}

const tickLabel = (t) => show(t, Number.isInteger(t) ? 0 : 1);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const show = (value, digits = 2) =>
  (Math.abs(value) >= 1e5 ? value.toExponential(1) : value.toFixed(digits))
    .replace(/^-(0(\.0*)?)$/, "$1")
    .replace("-", "−");

// A linear map between a range of numbers and a range of pixels.
function scale(low, high, from, to) {
  const at = (value) => from + ((value - low) / (high - low)) * (to - from);
  at.invert = (pixel) => low + ((pixel - from) / (to - from)) * (high - low);
  return at;
}

// Evenly spaced numbers over [-half, half], as the server spaces its grid.
const spaced = (half, count) =>
  Array.from({ length: count }, (_, i) => -half + (2 * half * i) / (count - 1));

function pathOf(xs, ys, sx, sy) {
  const low = Math.min(sy.range[0], sy.range[1]) - 4000;
  const high = Math.max(sy.range[0], sy.range[1]) + 4000;
  let d = "";
  for (let i = 0; i < xs.length; i++)
    d += `${i ? "L" : "M"}${sx(xs[i]).toFixed(1)} ${clamp(sy(ys[i]), low, high).toFixed(1)}`;
  return d;
}

// Push labels apart so that none overlaps; each is {y, …}, sorted in place.
function spread(labels, gap, top, bottom) {
  labels.sort((a, b) => a.y - b.y);
  for (let i = 1; i < labels.length; i++)
    labels[i].y = Math.max(labels[i].y, labels[i - 1].y + gap);
  const over = labels.length ? labels[labels.length - 1].y - bottom : 0;
  if (over > 0) for (const label of labels) label.y -= over;
  for (let i = labels.length - 2; i >= 0; i--)
    labels[i].y = Math.min(labels[i].y, labels[i + 1].y - gap);
  for (const label of labels) label.y = Math.max(label.y, top);
  return labels;
}

// The half-width of an axis that holds a number, from a few that look round.
const roundHalf = (reach) => [1, 2, 3, 4, 6].find((half) => reach <= half) ?? 8;

// Round numbers on an axis, no nearer to each other than `least`.
function ticks(half, least = 0) {
  const usual = half <= 1 ? 0.5 : half <= 4 ? 1 : half <= 8 ? 2 : 4;
  const step = [0.5, 1, 2, 4].find((size) => size >= Math.max(usual, least)) ?? 4;
  const marks = [];
  for (let t = -Math.floor(half / step) * step; t <= half; t += step) marks.push(t);
  return marks;
}

// Marker outlines, so that no method is told apart by colour alone.
const MARKERS = {
  transformer: "M0-7A7 7 0 1 0 .01-7Z",
  bayes: "M-6-6H6V6H-6Z",
  ridge: "M0-7L7 5H-7Z",
  ols: "M0 7L7-5H-7Z",
  gd: "M0-7L7 0L0 7L-7 0Z",
  sgd: "M-7-2H-2V-7H2V-2H7V2H2V7H-2V2H-7Z",
  knn: "M-7-7H7V7H-7Z",
  newton: "M-6-6L0-2L6-6L2 0L6 6L0 2L-6 6L-2 0Z",
};
