// Where things lie: scales, paths, ticks, labels.

import { clamp } from "./numbers.js";

// A linear map between a range of numbers and a range of pixels.
export function scale(low, high, from, to) {
  const at = (value) => from + ((value - low) / (high - low)) * (to - from);
  at.range = [from, to];
  at.invert = (pixel) => low + ((pixel - from) / (to - from)) * (high - low);
  return at;
}

// Evenly spaced numbers over [-half, half], as the server spaces its grid.
export const spaced = (half, count) =>
  Array.from({ length: count }, (_, i) => -half + (2 * half * i) / (count - 1));

export function pathOf(xs, ys, sx, sy) {
  const low = Math.min(sy.range[0], sy.range[1]) - 4000;
  const high = Math.max(sy.range[0], sy.range[1]) + 4000;
  let d = "";
  for (let i = 0; i < xs.length; i++)
    d += `${i ? "L" : "M"}${sx(xs[i]).toFixed(1)} ${clamp(sy(ys[i]), low, high).toFixed(1)}`;
  return d;
}

// Push labels apart so that none overlaps; each is {y, …}, sorted in place.
export function spread(labels, gap, top, bottom) {
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
export const roundHalf = (reach) => [1, 2, 3, 4, 6].find((half) => reach <= half) ?? 8;

// Round numbers on an axis, no nearer to each other than `least`.
export function ticks(half, least = 0) {
  const usual = half <= 1 ? 0.5 : half <= 4 ? 1 : half <= 8 ? 2 : 4;
  const step = [0.5, 1, 2, 4].find((size) => size >= Math.max(usual, least)) ?? 4;
  const marks = [];
  for (let t = -Math.floor(half / step) * step; t <= half; t += step) marks.push(t);
  return marks;
}
