import assert from "node:assert/strict";
import { test } from "node:test";
import { Entry } from "../../ui/components/shared/entry.js";

/** A cell for x that holds −0.7, as float32 has it. */
function cell() {
  const entry = new Entry({ low: -5, high: 5 });
  entry.show(Math.fround(-0.7));
  return entry;
}

test("a number is written with its fewest digits, and with a minus that a spreadsheet reads", () => {
  assert.equal(cell().text, "-0.7");
});

test("what is typed is used", () => {
  const entry = cell();
  assert.equal(entry.enter("0,5"), true);
  assert.equal(entry.value, 0.5);
  assert.equal(entry.trouble, null);
});

test("what is refused stays in sight, with why, and the number that is used stays", () => {
  for (const text of ["120", "abc", "", "1,234"]) {
    const entry = cell();
    assert.equal(entry.enter(text), false);
    assert.equal(entry.text, text);
    assert.match(String(entry.trouble), /(must|is not|may be).*; −0.7 is used$/);
    assert.equal(entry.value, Math.fround(-0.7));
  }
});

test("it stays when the same number comes again, and goes when another does", () => {
  const entry = cell();
  entry.enter("120");
  entry.show(-0.7);
  assert.equal(entry.text, "120");
  assert.ok(entry.trouble);
  entry.show(1);
  assert.equal(entry.text, "1");
  assert.equal(entry.trouble, null);
});

test("the number that is used, typed again, ends the trouble and changes nothing", () => {
  const entry = cell();
  entry.enter("120");
  assert.equal(entry.enter("−0,7"), false);
  assert.equal(entry.trouble, null);
});

test("an empty cell is none where it may be, and else is refused", () => {
  const rate = new Entry({ low: 0, high: 1 }, { empty: true });
  rate.show(0.25);
  assert.equal(rate.enter(" "), true);
  assert.equal(rate.value, null);
  assert.equal(rate.text, "");
  assert.equal(rate.enter("2"), false);
  assert.equal(rate.trouble, "must lie between 0 and 1");
});

test("steps are of what stands in the cell, without rounding's digits, and end at the bounds", () => {
  const entry = cell();
  assert.equal(entry.stepped("0,1", 0.2), "0.3");
  assert.equal(entry.stepped("4.95", 0.1), "5");
  assert.equal(entry.stepped("abc", 0.1), "-0.6");
});

test("a seed of six digits is the same in and out", () => {
  const seed = new Entry({ low: 0, high: 999999, whole: true });
  seed.show(999999);
  assert.equal(seed.text, "999999");
  assert.equal(seed.enter("999998"), true);
});

test("a number that is no float32 is written in full", () => {
  const rate = new Entry({ low: 0, high: 1 }, { empty: true });
  rate.enter("0,123456789");
  assert.equal(rate.text, "0.123456789");
  assert.equal(rate.stepped("", 0.5), "0.623456789");
});
