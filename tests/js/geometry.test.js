import assert from "node:assert/strict";
import { test } from "node:test";
import {
  pathOf,
  roundHalf,
  scale,
  spaced,
  spread,
  stretches,
  ticks,
} from "../../ui/components/shared/geometry.js";

test("a scale is a line between two ranges, and its inverse goes back", () => {
  const sy = scale(-4, 4, 400, 0); // upright: larger is higher
  assert.deepEqual([-4, 0, 2].map(sy), [400, 200, 100]);
  for (const value of [-4, -0.3, 7]) assert.ok(Math.abs(sy.invert(sy(value)) - value) < 1e-12);
  assert.deepEqual(sy.range, [400, 0]);
});

test("spaced numbers reach from end to end", () => {
  assert.deepEqual(spaced(3, 5), [-3, -1.5, 0, 1.5, 3]);
});

test("a path goes through its points, and far outside no further than it can be seen", () => {
  const sx = scale(0, 1, 0, 100);
  const sy = scale(0, 1, 100, 0);
  assert.equal(pathOf([0, 0.5, 1], [0, 0.25, 1], sx, sy), "M0.0 100.0L50.0 75.0L100.0 0.0");
  assert.equal(pathOf([0, 1], [1e9, -1e9], sx, sy), "M0.0 -4000.0L100.0 4100.0");
  assert.equal(pathOf([], [], sx, sy), "");
});

test("where there is no answer a path has a gap, and an answer between two gaps is a dot", () => {
  const same = scale(0, 10, 0, 10);
  const ys = [1, 2, null, 3, null, null, 0, 5];
  assert.deepEqual(stretches(ys), [
    [0, 2],
    [3, 4],
    [6, 8],
  ]);
  assert.deepEqual(stretches([null, null]), []);
  assert.equal(
    pathOf([0, 1, 2, 3, 4, 5, 6, 7], ys, same, same),
    "M0.0 1.0L1.0 2.0M3.0 3.0h0M6.0 0.0L7.0 5.0",
  );
});

const heights = (/** @type {{ y: number }[]} */ labels) => labels.map(({ y }) => y);
const at = (/** @type {number[]} */ ...ys) => ys.map((y) => ({ y }));

test("labels that overlap are pushed apart, in their order", () => {
  assert.deepEqual(heights(spread(at(50, 52, 20), 16, 0, 200)), [20, 50, 66]);
});

test("labels that would fall below the picture are inside it, still apart and in order", () => {
  const [first, second, third] = heights(spread(at(198, 199, 100), 16, 0, 200));
  assert.ok(first + 16 <= second && second + 16 <= third && third <= 200);
});

test("labels stay below the top even where there is no room", () => {
  for (const y of heights(spread(at(0, 1, 2, 3), 16, 8, 30))) assert.ok(y >= 8);
});

test("no labels need no room", () => {
  assert.deepEqual(spread([], 16, 0, 100), []);
});

test("an axis reaches to the first round number that holds all", () => {
  assert.deepEqual([0.2, 1, 1.01, 3.5, 6.1, 99].map(roundHalf), [1, 1, 2, 4, 8, 8]);
});

test("ticks are round, on both sides of 0, and as far apart as asked", () => {
  assert.deepEqual(ticks(1), [-1, -0.5, 0, 0.5, 1]);
  assert.deepEqual(ticks(3), [-3, -2, -1, 0, 1, 2, 3]);
  assert.deepEqual(ticks(6), [-6, -4, -2, 0, 2, 4, 6]);
  assert.deepEqual(ticks(3, 1.5), [-2, 0, 2]);
  assert.deepEqual(ticks(12), [-12, -8, -4, 0, 4, 8, 12]);
});
