import assert from "node:assert/strict";
import { test } from "node:test";
import { Channel } from "../../ui/components/shared/channel.js";
import { Clock } from "./clock.js";

const LONG = 60_000; // ms; longer than anybody is patient

/** A channel whose messages are kept, on a page that may be left. */
function listening() {
  /** @type {{ seq: number, final: boolean, extra: object }[]} */
  const posted = [];
  const page = { open: true };
  const channel = new Channel(
    (seq, final, extra) => posted.push({ seq, final, extra }),
    () => page.open,
  );
  const say = (/** @type {boolean} */ final, extra = {}) => {
    channel.say(final, extra);
    channel.flush();
  };
  const hear = (/** @type {number} */ seq) => {
    const settled = channel.hear(seq);
    channel.flush();
    return settled;
  };
  return { channel, posted, page, say, hear };
}

test("messages are numbered from the last that Python knows", (t) => {
  new Clock(t);
  const { posted, say, hear } = listening();
  hear(41);
  say(true, { at: 3 });
  assert.deepEqual(posted, [{ seq: 42, final: true, extra: { at: 3 } }]);
});

test("one message is in flight; what comes meanwhile goes together with the next", (t) => {
  new Clock(t);
  const { posted, say, hear } = listening();
  hear(0);
  say(false, { guess: 1 });
  say(false, { guess: 2, note: "kept" });
  say(true);
  say(false, { guess: 3 });
  assert.equal(posted.length, 1);
  assert.equal(hear(1), false); // there is more to say: its screen is out of date
  assert.deepEqual(posted[1], { seq: 2, final: true, extra: { guess: 3, note: "kept" } });
  assert.equal(hear(2), true);
  assert.equal(posted.length, 2);
});

test("an answer to an older message lets nothing go out and replaces nothing", (t) => {
  new Clock(t);
  const { posted, say, hear } = listening();
  hear(5);
  say(true);
  say(true);
  assert.equal(hear(5), false); // a run for another reason, before the message was read
  assert.equal(posted.length, 1);
});

test("a message without an answer is sent again, with what has come since", (t) => {
  const clock = new Clock(t);
  const { posted, say, hear } = listening();
  hear(0);
  say(true, { guess: 1, commit: true });
  say(false, { guess: 2 });
  clock.pass(LONG);
  assert.deepEqual(posted[1], { seq: 2, final: true, extra: { guess: 2, commit: true } });
  clock.pass(LONG);
  assert.deepEqual(posted[2], { ...posted[1], seq: 3 });
  assert.equal(hear(3), true);
  clock.pass(LONG);
  assert.equal(posted.length, 3);
});

test("an answered message is not sent again", (t) => {
  const clock = new Clock(t);
  const { posted, say, hear } = listening();
  hear(0);
  say(true);
  hear(1);
  clock.pass(LONG);
  assert.equal(posted.length, 1);
});

test("another process, which knows fewer messages, is told what its forerunner took along", (t) => {
  new Clock(t);
  const { posted, say, hear } = listening();
  hear(7);
  say(false, { guess: 1 });
  assert.equal(hear(0), false);
  assert.deepEqual(posted[1], { seq: 1, final: false, extra: { guess: 1 } });
  assert.equal(hear(1), true);
});

test("another process that answers when all was said is heard as it is", (t) => {
  new Clock(t);
  const { posted, say, hear } = listening();
  hear(7);
  say(true);
  hear(8);
  assert.equal(hear(0), true);
  assert.equal(posted.length, 1);
  say(true);
  assert.equal(posted[1].seq, 1);
});

test("on a page that was left nothing is sent again", (t) => {
  const clock = new Clock(t);
  const { channel, posted, page, say, hear } = listening();
  hear(0);
  say(true);
  page.open = false;
  clock.pass(LONG);
  assert.equal(posted.length, 1);
  channel.close();
  assert.equal(clock.timers.size, 0);
});

test("closing ends the waiting", (t) => {
  const clock = new Clock(t);
  const { channel, say, hear } = listening();
  hear(0);
  say(true);
  assert.equal(clock.timers.size, 1);
  channel.close();
  assert.equal(clock.timers.size, 0);
});
