import assert from "node:assert/strict";
import { test } from "node:test";
import { arrow, shortcut } from "../../ui/components/pad/keyboard.js";

/** A pressed key, with what is held besides. */
const press = (/** @type {string} */ key, held = {}) =>
  /** @type {KeyboardEvent} */ ({ key, ctrlKey: false, metaKey: false, shiftKey: false, ...held });

test("arrows move by small steps, with Shift by large ones", () => {
  assert.deepEqual(arrow(press("ArrowLeft")), [-0.05, 0]);
  assert.deepEqual(arrow(press("ArrowUp")), [0, 0.05]);
  assert.deepEqual(arrow(press("ArrowDown", { shiftKey: true })), [0, -0.5]);
});

test("no other key moves", () => {
  for (const key of ["a", "Enter", "Home", " "]) assert.equal(arrow(press(key)), null);
});

test("Ctrl or Cmd with Z and Y undo and redo, with Shift the other way round", () => {
  assert.equal(shortcut(press("z", { ctrlKey: true })), "undo");
  assert.equal(shortcut(press("Z", { metaKey: true, shiftKey: true })), "redo");
  assert.equal(shortcut(press("y", { ctrlKey: true })), "redo");
});

test("a letter alone, or another with Ctrl, is no shortcut", () => {
  assert.equal(shortcut(press("z")), null);
  assert.equal(shortcut(press("a", { ctrlKey: true })), null);
});
