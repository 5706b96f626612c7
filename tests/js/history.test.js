import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../ui/components/pad/history.js";

const after = (/** @type {string[]} */ ...snapshots) => {
  const history = new History();
  const [first, ...others] = snapshots;
  history.begin(first);
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

test("it begins once", () => {
  const history = after("a", "b");
  history.begin("z");
  assert.equal(history.undo(), "a");
});

test("what is remembered after an undo as it is ends nothing", () => {
  const history = after("a", "b");
  history.undo();
  history.remember("a");
  assert.equal(history.redo(), "b");
});
