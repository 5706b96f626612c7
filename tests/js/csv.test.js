import assert from "node:assert/strict";
import { test } from "node:test";
import { axisOf } from "../../ui/components/pad/axis.js";
import { toCsv } from "../../ui/components/pad/csv.js";

const PLAIN = { x: axisOf("x", undefined), y: axisOf("y", undefined) };

const plane = (/** @type {Record<string, (number | null)[]>} */ curves) =>
  /** @type {any} */ ({ plane: true, axes: { x: 1, y: 4 }, curves });

test("on the plane: the examples as given, then every shown line over x", () => {
  const data = plane({ transformer: [1, 2, 3], ridge: [4, 5, 6], ols: [7, 8, 9] });
  assert.equal(
    toCsv(data, [[0.1, -0.25]], ["transformer", "ridge"], PLAIN),
    [
      "kind,x,y,transformer,ridge",
      "example,0.1,-0.25,,",
      "prediction,-1,,1,4",
      "prediction,0,,2,5",
      "prediction,1,,3,6",
      "",
    ].join("\n"),
  );
});

test("a line on a finer grid is read at the same x", () => {
  const data = plane({ transformer: [1, 2, 3], knn: [10, 11, 20, 21, 30] });
  const rows = toCsv(data, [], ["knn"], PLAIN).trim().split("\n").slice(1);
  assert.deepEqual(rows, ["prediction,-1,,10", "prediction,0,,20", "prediction,1,,30"]);
});

test("where a method has no answer its cell is empty", () => {
  const data = plane({ ridge: [1, 2, 3], language: [0, null, null] });
  const rows = toCsv(data, [], ["ridge", "language"], PLAIN).trim().split("\n").slice(1);
  assert.deepEqual(rows, ["prediction,-1,,1,0", "prediction,0,,2,", "prediction,1,,3,"]);
});

test("of more than one input: a row for each weight, with the truth; only who holds weights", () => {
  const weights = { rows: { transformer: [1, 2], ridge: [3, 4] }, truth: [5, 6] };
  const data = /** @type {any} */ ({ plane: false, weights });
  assert.equal(
    toCsv(data, [], ["transformer", "ridge", "knn"], PLAIN),
    "weight,transformer,ridge,truth\n1,1,3,5\n2,2,4,6\n",
  );
});

test("points have the fewest digits that say them, and x is as exact as the lines over it", () => {
  const data = plane({ ridge: [1, 2, 3, 4] });
  data.axes.x = 4;
  const rows = toCsv(data, [[-0.699999988079071, Math.fround(1.75)]], ["ridge"], PLAIN).split("\n");
  assert.equal(rows[1], "example,-0.7,1.75,");
  assert.equal(rows[3], "prediction,-1.3333334,,2");
  assert.equal(Math.fround(-4 + 8 / 3), Math.fround(-1.3333334));
});

test("in a visitor's units: their names, their values", () => {
  const axes = {
    x: axisOf("x", { name: "height, m", centre: 1.7, scale: 0.1 }),
    y: axisOf("y", { name: "weight", centre: 60, scale: 10 }),
  };
  const rows = toCsv(plane({ ridge: [-1, 0, 1] }), [[0.5, -0.25]], ["ridge"], axes).split("\n");
  assert.equal(rows[0], 'kind,"height, m",weight,ridge');
  assert.equal(rows[1], "example,1.75,57.5,");
  assert.equal(rows[2], "prediction,1.6,,50");
});
