import assert from "node:assert/strict";
import { test } from "node:test";
import { clamp, show, tickLabel } from "../../ui/components/shared/numbers.js";

test("numbers have a true minus sign, and no negative zero", () => {
  assert.equal(show(-1.234), "−1.23");
  assert.equal(show(-0.001), "0.00");
  assert.equal(show(-0.4, 0), "0");
});

test("a huge number is told by its power of ten", () => {
  assert.equal(show(-123456), "−1.2e+5");
  assert.equal(show(99999.4, 1), "99999.4");
});

test("a tick has a digit only where it needs one", () => {
  assert.deepEqual([-2, 0, 0.5].map(tickLabel), ["−2", "0", "0.5"]);
});

test("a clamped number is between its bounds", () => {
  assert.deepEqual(
    [-9, 0.5, 9].map((value) => clamp(value, -1, 1)),
    [-1, 0.5, 1],
  );
});
