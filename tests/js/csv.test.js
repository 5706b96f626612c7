import assert from "node:assert/strict";
import { test } from "node:test";
import { toCsv } from "../../ui/components/pad/csv.js";

const plane = (/** @type {Record<string, number[]>} */ curves) =>
  /** @type {any} */ ({ plane: true, axes: { x: 1, y: 4 }, curves });

test("on the plane: the examples as given, then every shown line over x", () => {
  const data = plane({ transformer: [1, 2, 3], ridge: [4, 5, 6], ols: [7, 8, 9] });
  assert.equal(
    toCsv(data, [[0.1, -0.25]], ["transformer", "ridge"]),
    [
      "kind,x,y,transformer,ridge",
      "example,0.1,-0.25,,",
      "prediction,-1.000,,1,4",
      "prediction,0.000,,2,5",
      "prediction,1.000,,3,6",
      "",
    ].join("\n"),
  );
});

test("a line on a finer grid is read at the same x", () => {
  const data = plane({ transformer: [1, 2, 3], knn: [10, 11, 20, 21, 30] });
  const rows = toCsv(data, [], ["knn"]).trim().split("\n").slice(1);
  assert.deepEqual(rows, ["prediction,-1.000,,10", "prediction,0.000,,20", "prediction,1.000,,30"]);
});

test("of more than one input: a row for each weight, with the truth; only who holds weights", () => {
  const weights = { rows: { transformer: [1, 2], ridge: [3, 4] }, truth: [5, 6] };
  const data = /** @type {any} */ ({ plane: false, weights });
  assert.equal(
    toCsv(data, [], ["transformer", "ridge", "knn"]),
    "weight,transformer,ridge,truth\n1,1,3,5\n2,2,4,6\n",
  );
});
