import assert from "node:assert/strict";
import { test } from "node:test";
import { Newest } from "../../ui/components/pad/newest.js";

/** What the page says, with one curve that tells whose it is. */
const page = (/** @type {number} */ seq, /** @type {string} */ curve, more = {}) =>
  /** @type {any} */ ({ seq, curves: curve, link: `link ${seq}`, guess: null, ...more });

/** What the service says. */
const answer = (/** @type {string} */ curve, more = {}) =>
  /** @type {any} */ ({ curves: curve, screen: curve, ...more });

/** A pad that has begun. */
function begun(more = {}) {
  const newest = new Newest();
  newest.ofPage(page(4, "first", more));
  return newest;
}

test("what the page says first is drawn", () => {
  assert.equal(begun().data.curves, "first");
});

test("an answer of the service is drawn into what the page is", () => {
  const newest = begun({ look: "purple" });
  newest.step();
  assert.equal(newest.ofService(1, answer("moved"), 0), true);
  assert.deepEqual(newest.data.curves, "moved");
  assert.deepEqual(/** @type {any} */ (newest.data).look, "purple");
});

test("answers are drawn in the order of what they answer, whoever gives them", () => {
  const newest = begun();
  for (const _ of "abc") newest.step();
  newest.ofService(2, answer("second"), 0);
  assert.equal(newest.ofService(1, answer("late"), 0), false);
  assert.equal(newest.data.curves, "second");
  newest.tell(5);
  newest.step();
  newest.ofService(4, answer("fourth"), 0);
  newest.ofPage(page(5, "third"));
  assert.equal(newest.data.curves, "fourth");
  assert.equal(newest.data.link, "link 5"); // what the page says besides is taken
  newest.tell(6);
  newest.ofPage(page(6, "page"));
  assert.equal(newest.data.curves, "page");
  assert.equal(newest.ofService(4, answer("late"), 0), false);
});

test("a run of the page for another reason turns nothing back while a finger is down", () => {
  const newest = begun();
  newest.step();
  newest.ofService(1, answer("moved"), 0);
  newest.ofPage(page(4, "first", { zoom: 2 }));
  assert.equal(newest.data.curves, "moved");
  assert.equal(newest.data.zoom, 2);
});

test("what has been off the plane does not stay on it", () => {
  const newest = begun({ axes: { x: 3, y: 4 } });
  newest.step();
  newest.ofService(1, /** @type {any} */ ({ plane: false, weights: "w" }), 0);
  assert.equal("axes" in newest.data, false);
  assert.equal("curves" in newest.data, false);
  assert.equal(newest.data.weights, "w");
});

test("a guess stays where the visitor has put it", () => {
  const newest = begun({ guess: { value: 0, open: true } });
  newest.step();
  newest.ofService(1, answer("moved"), 1.5);
  assert.deepEqual(newest.data.guess, { value: 1.5, open: true });
});

test("another process, whose numbers begin anew, is drawn when all was answered", () => {
  const newest = begun();
  newest.step();
  newest.tell(5);
  newest.ofPage(page(5, "moved"));
  newest.ofPage(page(0, "from the link"));
  assert.equal(newest.data.curves, "from the link");
});
