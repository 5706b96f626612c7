import assert from "node:assert/strict";
import { test } from "node:test";
import { component } from "../../ui/components/shared/component.js";

/** A place on a page where Streamlit shows a component, and what became of its parts. */
function place() {
  const root = { isConnected: true, querySelector: () => null };
  /** @type {string[]} */
  const log = [];
  const show = component("part", () => {
    log.push("made");
    return { receive: ({ data }) => log.push(data), end: () => log.push("ended") };
  });
  const call = (/** @type {string} */ data, shown = root) =>
    show(/** @type {any} */ ({ data, parentElement: { querySelector: () => shown } }));
  return { root, log, call };
}

test("one object takes all answers", () => {
  const { log, call } = place();
  call("one");
  call("two");
  assert.deepEqual(log, ["made", "one", "two"]);
});

test("it ends once, with its elements", () => {
  const { root, log, call } = place();
  const leave = call("one");
  root.isConnected = false;
  leave();
  leave();
  assert.deepEqual(log, ["made", "one", "ended"]);
});

test("a clean-up that comes while its elements are still shown ends nothing", () => {
  const { log, call } = place();
  call("one")();
  call("two");
  assert.deepEqual(log, ["made", "one", "two"]);
});

test("in another place, another object", () => {
  const { log, call } = place();
  call("one");
  call("two", { isConnected: true, querySelector: () => null });
  assert.deepEqual(log, ["made", "one", "made", "two"]);
});

test("a component without its element says so", () => {
  const show = component("part", () => ({ receive() {}, end() {} }));
  const given = /** @type {any} */ ({ parentElement: { querySelector: () => null } });
  assert.throws(() => show(given), /data-role="part"/);
});
