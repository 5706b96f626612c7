import assert from "node:assert/strict";
import { test } from "node:test";

class Field extends EventTarget {
  ariaLabel = "Paste cells";
  value = "";
  selectionStart = 0;
}
Object.assign(globalThis, {
  HTMLTextAreaElement: Field,
  KeyboardEvent: class extends Event {
    constructor(/** @type {string} */ kind, /** @type {any} */ { key, ctrlKey, ...rest }) {
      super(kind, rest);
      Object.assign(this, { key, ctrlKey });
    }
  },
});
/** @type {Map<string, (event: any) => void>} */
const heard = new Map();
Object.assign(globalThis, {
  addEventListener: (/** @type {string} */ kind, /** @type {any} */ call) => heard.set(kind, call),
  removeEventListener: (/** @type {string} */ kind) => heard.delete(kind),
});
const { default: show, isAnotherTable } = await import("../../ui/components/on_paste/on_paste.js");

/** Keys that a field got after something was pasted into it. */
async function keysAfter(/** @type {any} */ target) {
  /** @type {string[]} */
  const keys = [];
  const note = (/** @type {any} */ event) => keys.push(`${event.ctrlKey} ${event.key}`);
  target.addEventListener("keydown", note);
  heard.get("paste")?.({ target });
  assert.deepEqual(keys, [], "the text is not in the field yet");
  await new Promise((next) => setTimeout(next));
  return keys;
}

test("what is pasted into its field is taken at once, and into no other", async () => {
  const root = { isConnected: true, dataset: {}, querySelector: () => null };
  const leave = show(
    /** @type {any} */ ({
      data: { label: "Paste cells" },
      parentElement: { querySelector: () => root },
    }),
  );
  assert.deepEqual(await keysAfter(new Field()), ["true Enter"]);
  assert.deepEqual(await keysAfter(Object.assign(new Field(), { ariaLabel: "Other" })), []);
  assert.deepEqual(await keysAfter(new EventTarget()), []);
  root.isConnected = false;
  leave();
  assert.equal(heard.size, 0);
});

test("a table by itself takes the place of what is there; cells and more rows do not", () => {
  const field = (/** @type {string} */ value) =>
    /** @type {any} */ ({ value, selectionStart: value.length });
  const rows = "1\t2\n3\t4\n";
  assert.ok(isAnotherTable(`x\tweight\n${rows}`, field(`x\ty\n${rows}`)));
  assert.ok(isAnotherTable(rows, field(rows.trimEnd())), "it would break the last row");
  assert.ok(!isAnotherTable(rows, field(rows)), "more rows");
  assert.ok(!isAnotherTable(rows, field("")));
  assert.ok(!isAnotherTable("5.5", field("1\t2\n3\t")), "a cell");
  assert.ok(!isAnotherTable("weight\n", field("x\t")), "a name");
});
