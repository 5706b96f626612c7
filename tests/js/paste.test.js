import assert from "node:assert/strict";
import { test } from "node:test";
import { isTable, readTable } from "../../ui/components/shared/paste.js";

/** @type {[{ low: number, high: number }, { low: number, high: number }]} */
const PLANE = [
  { low: -5, high: 5 },
  { low: -16, high: 16 },
];
const read = (/** @type {string} */ text, first = 0) => readTable(text, PLANE, first);

test("one number is no table, whatever its comma and its line's end", () => {
  for (const text of ["1.5", "0,5", "−1,5\n", " 2 \r\n", "", "abc"])
    assert.equal(isTable(text), false, JSON.stringify(text));
});

test("a column fills a column, with points or decimal commas, and any line's end", () => {
  for (const text of [
    "1.5\n2.5\n3.5",
    "1,5\n2,5\n3,5\n",
    "1.5\r\n2.5\r\n3.5\r\n",
    "1,5\r2,5\r3,5",
  ]) {
    assert.equal(isTable(text), true, JSON.stringify(text));
    assert.deepEqual(read(text), [[1.5], [2.5], [3.5]], JSON.stringify(text));
  }
});

test("a table fills both, with tabs, semicolons, spaces or commas between", () => {
  const rows = [
    [-1.5, 2.25],
    [0.5, -3],
  ];
  for (const text of [
    "-1.5\t2.25\n0.5\t-3",
    "−1,5\t2,25\n0,5\t−3\n",
    "-1,5;2,25\r\n0,5;-3",
    "-1.5 ; 2.25\n0.5 ; -3",
    "-1.5,2.25\n0.5,-3",
    "-1.5, 2.25\n0.5, -3",
    "-1.5 2.25\n0.5  -3",
    "-1,5 2,25\n  0,5 -3",
    "x\ty\n-1.5\t2.25\n0.5\t-3",
    "x;y\n-1,5;2,25\n0,5;-3",
    "x,y\n-1.5,2.25\n0.5,-3",
    "x,y\r\n-1.5,2.25\r\n0.5,-3\r\n",
    "\n\n-1.5\t2.25\n0.5\t-3\n\n",
    "x y\n-1.5 2.25\n0.5 -3",
  ])
    assert.deepEqual(read(text), rows, JSON.stringify(text));
});

test("a comma between two whole numbers is a decimal one, unless the columns are named", () => {
  assert.deepEqual(read("1,2\n3,4"), [[1.2], [3.4]]);
  assert.deepEqual(read("1,5e-1\n2,5e-1"), [[0.15], [0.25]]);
  assert.deepEqual(read("x,y\n1,2\n3,4"), [
    [1, 2],
    [3, 4],
  ]);
  assert.deepEqual(read("1,2.5\n3,4"), [
    [1, 2.5],
    [3, 4],
  ]);
});

test("one row of a table is a table", () => {
  assert.equal(isTable("1,5\t2"), true);
  assert.deepEqual(read("1,5\t2"), [[1.5, 2]]);
});

test("columns that are named x and y are found among others", () => {
  assert.deepEqual(read("Example\ty\tx\n1\t2\t1.5\n2\t3\t0,5"), [
    [1.5, 2],
    [0.5, 3],
  ]);
  assert.deepEqual(read("kind,x,y,ridge\nexample,-0.7,2,"), [[-0.7, 2]]);
});

test("of a column for y the bounds are those of y", () => {
  assert.deepEqual(read("x\n12", 1), [[12]]);
  assert.throws(() => read("1\n12", 0), /line 2: x, “12”, must lie between −5 and 5/);
  assert.throws(() => read("1\n120", 1), /line 2: y, “120”, must lie between −16 and 16/);
});

test("what cannot be read names its line, and nothing is taken", () => {
  /** @type {[string, RegExp][]} */
  const refused = [
    ["1\nabc\n2", /line 2: x, “abc”, is not a number/],
    ["x\ty\n1\t2\n3\tthree", /line 3: y, “three”, is not a number/],
    ["1,234\n2", /line 1: x, “1,234”, may be a thousand/],
    ["1\t1.234,5", /line 1: y, “1.234,5”, may be a thousand/],
    ["1\n\n2", /line 2: x is empty/],
    ["1\t2\n3\t", /line 2: y is empty/],
    ["1\t2\n3", /line 2: y is empty/],
    ["1\t2\n3\t4\t5", /line 2: x is followed by more cells/],
    ["1\t2\t3", /3 columns/],
    ["x\ny", /no number|is not a number/],
  ];
  for (const [text, sentence] of refused)
    assert.throws(() => read(text), sentence, JSON.stringify(text));
});
