import assert from "node:assert/strict";
import { test } from "node:test";
import { places } from "../../ui/components/shared/legend.js";

test("names stand side by side while there is room, and then in the next row", () => {
  const at = places([60, 60, 60], 240);
  assert.deepEqual(
    at.map(({ row }) => row),
    [0, 0, 1],
  );
  assert.ok(at[1].x >= at[0].x + 60);
  assert.equal(at[2].x, at[0].x);
});

test("a name that is wider than all there is has a row of its own", () => {
  assert.deepEqual(
    places([500, 20], 200).map(({ row }) => row),
    [0, 1],
  );
});

test("where there is nothing to name, nothing is placed", () => {
  assert.deepEqual(places([], 200), []);
});
