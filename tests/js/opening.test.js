import assert from "node:assert/strict";
import { test } from "node:test";
import { between, stageAt } from "../../ui/components/pad/opening.js";

const COUNT = 7;
/** @param {boolean} [still] */
const course = (still) => Array.from({ length: 600 }, (_, i) => stageAt(10 * i, COUNT, still));

test("it begins without an example and ends with all of them, within five seconds", () => {
  assert.deepEqual(stageAt(0, COUNT), { here: 0, fallen: 1, turned: 1, over: false });
  assert.equal(stageAt(4900, COUNT).over, true);
  assert.equal(stageAt(4900, COUNT).here, COUNT);
});

test("every example comes in turn, and is there before the line turns to it", () => {
  const stages = course();
  assert.deepEqual([...new Set(stages.map(({ here }) => here))], [0, 1, 2, 3, 4, 5, 6, 7]);
  for (const { fallen, turned } of stages) assert.ok(fallen === 1 || turned === 0);
});

test("the line comes to rest on each answer before the next example", () => {
  for (let here = 0; here <= COUNT; here++)
    assert.ok(course().some((stage) => stage.here === here && stage.turned === 1));
});

test("without motion there are only the answers themselves", () => {
  for (const { fallen, turned } of course(true)) assert.deepEqual([fallen, turned], [1, 1]);
});

test("between two rows of answers", () => {
  assert.deepEqual(between([0, 2], [1, 0], 0), [0, 2]);
  assert.deepEqual(between([0, 2], [1, 0], 0.5), [0.5, 1]);
  assert.deepEqual(between([0, 2], [1, 0], 1), [1, 0]);
});
