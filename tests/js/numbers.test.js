import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  clamp,
  readNumber,
  readWithin,
  shortest,
  show,
  tickLabel,
} from "../../ui/components/shared/numbers.js";

/**
 * Texts and what they say, also read by Python's half: `tests/app/test_screen.py`.
 *
 * @type {{ read: [string, number][], thousands: string[], refused: string[], infinite: string[] }}
 */
const CASES = JSON.parse(readFileSync(new URL("../data/numbers.json", import.meta.url), "utf8"));

test("numbers have a true minus sign, and no negative zero", () => {
  assert.equal(show(-1.234), "−1.23");
  assert.equal(show(-0.001), "0.00");
  assert.equal(show(-0.4, 0), "0");
});

test("a huge number is told by its power of ten", () => {
  assert.equal(show(-123456), "−1.2e+5");
  assert.equal(show(99999.4, 1), "99999.4");
});

test("a tick has a digit only where it needs one", () => {
  assert.deepEqual([-2, 0, 0.5].map(tickLabel), ["−2", "0", "0.5"]);
});

test("a clamped number is between its bounds", () => {
  assert.deepEqual(
    [-9, 0.5, 9].map((value) => clamp(value, -1, 1)),
    [-1, 0.5, 1],
  );
});

test("numbers are read with a comma and with a minus sign", () => {
  for (const [text, value] of CASES.read) assert.equal(readNumber(text), value, text);
});

test("what may be two numbers, is none, or is beyond all is refused with a sentence", () => {
  /** @type {[string[], RegExp][]} */
  const refusals = [
    [CASES.thousands, /may be a thousand/],
    [CASES.refused, /is not a number/],
    [CASES.infinite, /is not a finite number/],
  ];
  for (const [texts, sentence] of refusals)
    for (const text of texts) assert.throws(() => readNumber(text), sentence, JSON.stringify(text));
});

test("every number that is shown is read as what is shown", () => {
  for (const value of [-1.5, -0.001, 0.25, -123456, 2e7, -3e-9])
    assert.equal(readNumber(show(value, 3)), Number(show(value, 3).replace("−", "-")));
});

test("a number out of its bounds is refused with the bounds; at them it is taken", () => {
  const x = { low: -5, high: 5 };
  assert.throws(() => readWithin("120", x), /^Error: must lie between −5 and 5$/);
  assert.throws(() => readWithin("−5,0001", x), /must lie between −5 and 5/);
  assert.equal(readWithin("5", x), 5);
  assert.equal(readWithin("−5", x), -5);
});

test("a whole number has nothing after its point", () => {
  const seed = { low: 0, high: 999999, whole: true };
  assert.equal(readWithin("12,0", seed), 12);
  assert.throws(() => readWithin("1,5", seed), /must be a whole number/);
  assert.throws(() => readWithin("", seed), /is not a number/);
});

test("of a float32 the fewest digits that say it", () => {
  for (const value of [-0.7, 0.1, 1.75, 2, 0, 16777216, 1e-7, -3.7333333, 0.31415927])
    assert.equal(shortest(Math.fround(value)), value);
  assert.equal(shortest(-0.699999988079071), -0.7);
  assert.ok(Object.is(shortest(-0), 0));
});

test("no float32 is told as another", () => {
  let bits = 12345;
  for (let i = 0; i < 2000; i++) {
    bits = (Math.imul(bits, 1103515245) + 12345) >>> 0;
    const value = Math.fround((bits / 2 ** 32 - 0.5) * 10 ** (i % 9));
    assert.equal(Math.fround(shortest(value)), value);
  }
});
