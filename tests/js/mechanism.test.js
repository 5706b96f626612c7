import assert from "node:assert/strict";
import { test } from "node:test";
import { placesOf } from "../../ui/components/mechanism/beads.js";
import { placeAt, sceneAt } from "../../ui/components/mechanism/course.js";
import { tokenName, Weights } from "../../ui/components/mechanism/weights.js";

test("it plays from a layer to the last, and rests on every layer on its way", () => {
  const course = Array.from({ length: 400 }, (_, i) => placeAt(20 * i, 1, 4));
  assert.equal(course[0], 1);
  assert.equal(course[399], 4);
  for (let i = 1; i < course.length; i++) assert.ok(course[i] >= course[i - 1]);
  for (const layer of [2, 3]) assert.ok(course.filter((place) => place === layer).length > 10);
});

test("without motion there are whole layers only", () => {
  for (let time = 0; time < 9000; time += 50)
    assert.ok(Number.isInteger(placeAt(time, 0, 4, true)));
});

test("on a layer its arcs and its readout are there; between two the arcs come first", () => {
  assert.deepEqual(sceneAt(3), { layer: 3, drawn: 1, before: 3, bent: 1 });
  const early = sceneAt(2.3);
  assert.deepEqual([early.before, early.layer, early.bent], [2, 3, 0]);
  assert.ok(early.drawn > 0 && early.drawn < 1);
  const late = sceneAt(2.9);
  assert.equal(late.drawn, 1);
  assert.ok(late.bent > 0 && late.bent < 1);
});

// One layer, two heads, one pair and the query: rows x1, y1, query.
const rows = [
  [255, 0, 0, 51, 204, 0, 0, 102, 153],
  [255, 0, 0, 204, 51, 0, 153, 0, 102],
];
const given = {
  k: 1,
  own: [[[0.2], [0.8]]],
  reads: [
    [
      [0, 0.4, 0.6],
      [0.6, 0, 0.4],
    ],
  ],
  maps: btoa(String.fromCharCode(...rows.flat())),
};

test("a weight is that of the head, or of the strongest head that is on", () => {
  const weights = new Weights(given);
  const none = new Set();
  assert.equal(weights.strongest(0, 0, none, 1, 0), 0.2);
  assert.equal(weights.strongest(0, null, none, 1, 0), 0.8);
  assert.equal(weights.strongest(0, null, new Set([1]), 1, 0), 0.2);
  assert.equal(weights.strongest(0, null, none, 2, 1), 0.4);
  assert.ok(Math.abs((weights.of(0, 1, 1, 1) ?? 0) - 51 / 255) < 1e-9);
});

test("while a point moves only what the query reads and the pairs are known", () => {
  const weights = new Weights({ ...given, maps: null });
  assert.equal(weights.of(0, 0, 1, 0), 0.2);
  assert.equal(weights.of(0, 0, 2, 2), 0.6);
  assert.equal(weights.of(0, 0, 1, 1), null);
});

test("beads lie from left to right within the width, pairs closer together", () => {
  for (const pairs of [1, 7, 40]) {
    const { xs } = placesOf(pairs, 600);
    assert.equal(xs.length, 2 * pairs + 1);
    assert.ok(xs[0] >= 20 && Math.abs(xs[xs.length - 1] - 578) < 1e-6);
    assert.ok(xs[2] - xs[1] > xs[1] - xs[0]);
  }
});

test("tokens have names", () => {
  assert.deepEqual(
    [0, 1, 5, 6].map((token) => tokenName(token, 7)),
    ["x1", "y1", "y3", "the query"],
  );
});
