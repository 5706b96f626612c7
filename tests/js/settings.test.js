import assert from "node:assert/strict";
import { test } from "node:test";
import { placeOf, valueAt } from "../../ui/components/pad/settings.js";

const setting = (/** @type {object} */ given) =>
  /** @type {any} */ ({ kind: "number", scale: "linear", low: 0, high: 1, floor: 0, ...given });

test("an even slider is its value", () => {
  const rate = setting({});
  assert.equal(valueAt(0.25, rate), 0.25);
  assert.equal(placeOf(0.25, rate), 0.25);
});

test("over powers of ten down to a floor; what lies below the floor stands at its end", () => {
  const lam = setting({ scale: "log", high: 100, floor: 1e-4 });
  assert.equal(valueAt(1, lam), 10);
  assert.equal(placeOf(10, lam), 1);
  assert.equal(placeOf(0, lam), -4);
});

test("whole numbers from 0 over powers of ten: every place is one, every one has its place", () => {
  const steps = setting({ kind: "whole", scale: "log", high: 1000 });
  assert.equal(valueAt(0, steps), 0);
  for (const value of [0, 1, 2, 7, 60, 999, 1000])
    assert.equal(valueAt(placeOf(value, steps), steps), value);
});

test("no place leads out of the bounds", () => {
  const steps = setting({ kind: "whole", scale: "log", high: 1000 });
  assert.equal(valueAt(9, steps), 1000);
  assert.equal(valueAt(-9, setting({})), 0);
});
