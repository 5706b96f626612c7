import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../ui/components/pad/history.js";

const after = (/** @type {string[]} */ ...snapshots) => {
  const history = new History();
  const [first, ...others] = snapshots;
  history.meet(first);
  for (const snapshot of others) history.remember(snapshot);
  return history;
};

test("undo goes back gesture by gesture, and redo forth again", () => {
  const history = after("a", "b", "c");
  assert.equal(history.undo(), "b");
  assert.equal(history.undo(), "a");
  assert.equal(history.redo(), "b");
  assert.equal(history.redo(), "c");
});

test("at either end there is nothing", () => {
  const history = after("a");
  assert.equal(history.undo(), null);
  assert.equal(history.redo(), null);
});

test("a gesture that changes nothing is none", () => {
  const history = after("a", "b", "b");
  assert.equal(history.undo(), "a");
  assert.equal(history.undo(), null);
});

test("a gesture after an undo ends what could be redone", () => {
  const history = after("a", "b", "c");
  history.undo();
  history.remember("d");
  assert.equal(history.redo(), null);
  assert.equal(history.undo(), "b");
});

test("what is remembered after an undo as it is ends nothing", () => {
  const history = after("a", "b");
  history.undo();
  history.remember("a");
  assert.equal(history.redo(), "b");
});

test("what came without a gesture can be undone, what a gesture came to replaces it", () => {
  const history = after("a", "b");
  history.meet("z");
  assert.equal(history.undo(), "b");
  history.remember("c");
  history.settle("c, rounded");
  assert.equal(history.undo(), "b");
  assert.equal(history.redo(), "c, rounded");
});

/** @type {() => typeof import("../../ui/components/pad/history.js").tab} */
const shelf = () => {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {
    get: (name) => JSON.parse(kept.get(name) ?? "null"),
    put: (name, course) => void kept.set(name, JSON.stringify(course)),
  };
};

test("a drawing's history is there on the next page, and another has its own", () => {
  const kept = shelf();
  const here = new History(kept);
  assert.equal(here.open("yours"), true);
  here.meet("a");
  here.remember("b");
  assert.equal(here.open("yours"), false);
  const there = new History(kept);
  there.open("lesson");
  there.meet("film reviews");
  assert.equal(there.undo(), null);
  assert.equal(there.open("yours"), true);
  there.meet("b");
  assert.equal(there.undo(), "a");
  assert.equal(there.redo(), "b");
});

test("what must not be kept is forgotten with the page", () => {
  /** @type {Map<string, any>} */
  const shelf = new Map();
  const store = {
    get: (/** @type {string} */ name) => shelf.get(name) ?? null,
    put: (/** @type {string} */ name, /** @type {any} */ course) => shelf.set(name, course),
  };
  const history = new History(store);
  history.open("data", false);
  history.meet("a");
  history.remember("b");
  assert.equal(history.undo(), "a");
  assert.equal(shelf.size, 0);
});

test("of a long history the oldest is given up", () => {
  const history = after(...Array.from({ length: 300 }, (_, i) => String(i)));
  let last = null;
  for (let found = history.undo(); found !== null; found = history.undo()) last = found;
  assert.equal(last, "199");
});
