import assert from "node:assert/strict";
import { test } from "node:test";
import { axisOf } from "../../ui/components/pad/axis.js";

const plain = axisOf("x", undefined);
const height = axisOf("x", { name: "height (m)", centre: 1.7, scale: 0.05 });
const wage = axisOf("y", { name: "wage", centre: 52_000, scale: 9_000 });

test("without a unit all is the plane's own", () => {
  assert.deepEqual([plain.name, plain.value(1.5), plain.place(1.5)], ["x", 1.5, 1.5]);
  assert.equal(plain.show(-1.234), "−1.23");
  assert.deepEqual(plain.bounds(5), { low: -5, high: 5 });
  assert.deepEqual(
    plain.ticks(3).map(({ label }) => label),
    ["−3", "−2", "−1", "0", "1", "2", "3"],
  );
});

test("a place and its value are each other's", () => {
  for (const axis of [height, wage])
    for (const at of [-4.9, -1, 0, 0.3, 5])
      assert.ok(Math.abs(axis.place(axis.value(at)) - at) < 1e-9);
});

test("values are told as finely as a finger moves them, thousands apart from ten of them on", () => {
  assert.equal(height.show(1), "1.7500");
  assert.equal(wage.show(1), "61\u202f000");
  assert.equal(wage.show(-5.5), "2500");
  assert.equal(axisOf("y", { name: "loss", centre: 0, scale: 10 }).show(-1.25), "−12.5");
  assert.equal(axisOf("y", { name: "loss", centre: 0, scale: 10 }).show(-0.001), "0.0");
});

test("what was typed comes back as it was typed, though the plane holds float32", () => {
  for (const [axis, typed] of /** @type {const} */ ([
    [height, 1.62],
    [height, 1.6234],
    [wage, 48_250],
    [wage, 48_250.5],
  ]))
    assert.equal(axis.typed(Math.fround(axis.place(typed))), typed);
});

test("ticks are round in the unit, inside the plane, and no nearer than asked", () => {
  const told = height.ticks(3);
  assert.deepEqual(
    told.map(({ label }) => label),
    ["1.55", "1.60", "1.65", "1.70", "1.75", "1.80", "1.85"],
  );
  assert.ok(told.every(({ at }) => Math.abs(at) <= 3 + 1e-9));
  assert.deepEqual(
    wage.ticks(4).map(({ label }) => label),
    [
      "20\u202f000",
      "30\u202f000",
      "40\u202f000",
      "50\u202f000",
      "60\u202f000",
      "70\u202f000",
      "80\u202f000",
    ],
  );
  assert.equal(wage.ticks(4, 3).length, 1);
  assert.deepEqual(
    axisOf("y", { name: "n", centre: 0, scale: 1 })
      .ticks(2)
      .filter(({ isZero }) => isZero)
      .map(({ at }) => at),
    [0],
  );
});

test("what may be typed lies on the plane", () => {
  const { low, high } = height.bounds(5);
  assert.ok(height.place(low) >= -5 && height.place(high) <= 5);
  assert.deepEqual([low, high], [1.45, 1.95]);
});
