import assert from "node:assert/strict";
import { test } from "node:test";
import { State } from "../../ui/components/pad/state.js";

/** A visitor's screen after Python's first answer. */
function arrived(screen = {}, answer = {}) {
  const state = new State();
  const given = {
    d: 2,
    seed: 7,
    line: null,
    points: [
      [-1, 0.5],
      [2, 1],
    ],
    ...screen,
  };
  state.adopt(
    /** @type {any} */ ({
      screen: given,
      drawn: false,
      truth: { line: [0.5, 0.1], curve: [0, 1] },
      ...answer,
    }),
  );
  return state;
}

test("what Python answered is what is on", () => {
  const state = arrived({}, { guess: { value: 1.5, open: true } });
  assert.deepEqual(state.screen.points, [
    [-1, 0.5],
    [2, 1],
  ]);
  assert.deepEqual(state.truth, [0.5, 0.1]);
  assert.deepEqual(state.curve, [0, 1]);
  assert.equal(state.guess, 1.5);
});

test("sampled points are not sent: Python makes them of the seed", () => {
  assert.equal(arrived().changes().points, null);
  assert.equal("drawn" in arrived().changes(), false);
});

test("points that were touched are the visitor's own, and lie on no line", () => {
  for (const touch of [
    (/** @type {State} */ state) => state.add(0, 0),
    (/** @type {State} */ state) => state.move(0, 1, 1),
    (/** @type {State} */ state) => state.set(1, 0, 3),
    (/** @type {State} */ state) => state.remove(0),
    (/** @type {State} */ state) => state.clear(),
  ]) {
    const state = arrived({ line: [0.5, 0.1] });
    touch(state);
    assert.equal(state.truth, null);
    assert.equal(state.curve, null);
    assert.equal(state.screen.line, null);
    assert.deepEqual(state.changes().points, state.screen.points);
  }
});

test("a snapshot brings back the task, and leaves the rest as it is", () => {
  const state = arrived({ query: 1 });
  const before = state.snapshot();
  state.add(0, 0);
  state.screen.query = 2;
  state.restore(before);
  assert.equal(state.screen.points.length, 2);
  assert.equal(state.screen.drawn, false);
  assert.equal(state.screen.query, 2);
});

test("a new task is sampled from its seed", () => {
  const state = arrived();
  state.add(0, 0);
  state.sample(123);
  assert.equal(state.screen.seed, 123);
  assert.equal(state.changes().points, null);
});

test("held at a handle, the true line goes through where it is held and turns about the other", () => {
  const state = arrived();
  state.turnTruth(1, 2, 2, []); // handles at x = −1.5 and 1.5
  const [slope, offset] = /** @type {[number, number]} */ (state.truth);
  assert.ok(Math.abs(slope * 1.5 + offset - 2) < 1e-12);
  assert.ok(Math.abs(slope * -1.5 + offset - (0.5 * -1.5 + 0.1)) < 1e-12);
});

test("without an intercept the true line turns about 0", () => {
  const state = arrived({ d: 1 }, { truth: { line: [0.5, 0], curve: [0, 1] } });
  state.turnTruth(0, 3, 2, []);
  assert.deepEqual(state.truth, [-2, 0]);
});

test("a truth that is no line is drawn and cannot be held", () => {
  const state = arrived({}, { truth: { line: null, curve: [0, 1, 0] } });
  assert.equal(state.truth, null);
  assert.deepEqual(state.curve, [0, 1, 0]);
});

test("the curve that Python gave is not the truth while the line is being turned", () => {
  const state = arrived();
  state.turnTruth(1, 2, 2, []);
  assert.equal(state.curve, null);
});

test("points follow the true line with their own noise", () => {
  const state = arrived();
  state.showTruth([0.1, -0.2]);
  assert.deepEqual(state.truth, [0.6, 0.2]);
  assert.deepEqual(state.screen.line, [0.6, 0.2]);
  const ys = state.screen.points.map(([, y]) => y);
  assert.ok(Math.abs(ys[0] - (-0.6 + 0.2 + 0.1)) < 1e-12);
  assert.ok(Math.abs(ys[1] - (1.2 + 0.2 - 0.2)) < 1e-12);
  assert.equal(state.changes().points, null);
});

test("a pasted column goes down one coordinate; where there is no point yet, the other is 0", () => {
  const state = arrived();
  state.fill(1, 1, [[5], [6]]);
  assert.deepEqual(state.screen.points, [
    [-1, 0.5],
    [2, 5],
    [0, 6],
  ]);
  assert.deepEqual(state.changes().points, state.screen.points);
});

test("a pasted table goes over both", () => {
  const state = arrived();
  state.fill(0, 1, [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  assert.deepEqual(state.screen.points, [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
});

test("a weight that is set leaves the others, and a new task has its own", () => {
  const state = arrived({}, { drawn: true });
  state.setWeight([1, -2, 3], 1, 0.5);
  assert.deepEqual(state.changes().weights, [1, 0.5, 3]);
  assert.equal(state.screen.drawn, true);
  state.sample(4);
  assert.equal(state.changes().weights, null);
});

test("a true line that is typed takes the points along with their noise", () => {
  const state = arrived();
  state.setTruth(0, 2, [0.1, -0.2]);
  assert.deepEqual(state.screen.line, [2, 0.1]);
  assert.ok(Math.abs(state.screen.points[1][1] - (4 + 0.1 - 0.2)) < 1e-12);
});
