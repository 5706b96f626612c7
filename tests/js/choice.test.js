import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenIn, moved, toggled, wordOf } from "../../ui/components/heads_board/choice.js";

test("a head is chosen and given back", () => {
  const one = toggled("", "5.1");
  assert.equal(one, "5.1");
  assert.equal(toggled(one, "3.2"), "3.2-5.1");
  assert.equal(toggled("3.2-5.1", "5.1"), "3.2");
  assert.equal(toggled("3.2", "3.2"), "");
});

test("the word of heads is in the order of layers, not of letters", () => {
  assert.equal(wordOf(["12.1", "2.4", "2.1", "2.4"]), "2.1-2.4-12.1");
  assert.deepEqual(chosenIn(""), new Set());
});

test("arrows go over the board and stop at its edge", () => {
  assert.deepEqual(moved("ArrowDown", 0, 1, 8, 4), [1, 1]);
  assert.deepEqual(moved("ArrowLeft", 2, 1, 8, 4), [2, 0]);
  assert.equal(moved("ArrowLeft", 2, 0, 8, 4), null);
  assert.equal(moved("ArrowDown", 7, 0, 8, 4), null);
  assert.equal(moved("Enter", 1, 1, 8, 4), null);
});
