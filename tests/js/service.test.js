import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerService } from "../../ui/components/shared/service.js";
import { Clock } from "./clock.js";

const LONG = 60_000; // ms; longer than anybody is patient

/** Let everything happen that waits for nothing but its turn. */
const turns = async () => {
  for (let i = 0; i < 20; i++) await null;
};

/** @param {number} status @param {object} [content] @param {Record<string, string>} [headers] */
const response = (status, content = {}, headers = {}) =>
  new Response(status === 204 ? null : JSON.stringify(content), { status, headers });

/** A service whose questions are kept until the test answers them. */
function asked() {
  /** @type {{ body: any, signal: AbortSignal, answer: (what: Response | Error) => Promise<void> }[]} */
  const carried = [];
  /** @type {[number, any][]} */
  const heard = [];
  const told = { up: 0 };
  const carry = (/** @type {any} */ _address, /** @type {any} */ { body, signal }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      carried.push({
        body: JSON.parse(body),
        signal,
        answer: async (what) => {
          if (what instanceof Error) reject(what);
          else resolve(what);
          await turns();
          await new Promise((done) => setImmediate(done));
        },
      });
    });
  const service = new AnswerService(
    (moment, answer) => heard.push([moment, answer]),
    () => {
      told.up += 1;
    },
    /** @type {any} */ (carry),
  );
  service.address = "http://lab.example/answer";
  const want = async (/** @type {number} */ moment) => {
    service.want(moment, () => ({ at: moment }));
    await turns();
  };
  return { service, carried, heard, told, want };
}

test("one question is in flight, and of those that come meanwhile the last is asked", async (t) => {
  new Clock(t);
  const { carried, heard, want } = asked();
  await want(1);
  await want(2);
  await want(3);
  assert.deepEqual(
    carried.map(({ body }) => body.at),
    [1],
  );
  await carried[0].answer(response(200, { curve: 1 }));
  assert.deepEqual(heard, [[1, { curve: 1 }]]);
  assert.deepEqual(
    carried.map(({ body }) => body.at),
    [1, 3],
  );
  await carried[1].answer(response(200, { curve: 3 }));
  assert.deepEqual(heard.at(-1), [3, { curve: 3 }]);
  assert.equal(carried.length, 2);
});

test("a question is what is on when it is asked, not when it was wanted", async (t) => {
  new Clock(t);
  const { service, carried } = asked();
  const screen = { y: 1 };
  service.want(1, () => screen);
  screen.y = 2;
  await turns();
  assert.equal(carried[0].body.y, 2);
});

test("what begins and ends in one breath is not asked", async (t) => {
  new Clock(t);
  const { service, carried } = asked();
  service.want(1, () => ({}));
  service.rest();
  await turns();
  assert.equal(carried.length, 0);
});

test("at the end of a gesture the answer in flight is still heard, the next is not asked", async (t) => {
  new Clock(t);
  const { service, carried, heard, want } = asked();
  await want(1);
  await want(2);
  service.rest();
  await carried[0].answer(response(200, {}));
  assert.equal(heard.length, 1);
  assert.equal(carried.length, 1);
});

for (const status of [429, 503]) {
  test(`a ${status} is waited for, and then the newest is asked`, async (t) => {
    const clock = new Clock(t);
    const { carried, heard, told, want } = asked();
    await want(1);
    await carried[0].answer(response(status, {}, { "Retry-After": "2" }));
    await want(2);
    clock.pass(1900);
    await turns();
    assert.equal(carried.length, 1);
    clock.pass(100);
    await turns();
    assert.equal(carried[1].body.at, 2);
    await carried[1].answer(response(200, {}));
    assert.equal(heard.length, 1);
    assert.equal(told.up, 0);
  });
}

test("a 503 without another move is asked again", async (t) => {
  const clock = new Clock(t);
  const { carried, want } = asked();
  await want(7);
  await carried[0].answer(response(503));
  clock.pass(LONG);
  await turns();
  assert.deepEqual(carried[1].body, { at: 7 });
});

test("the end of a gesture ends the waiting for a place", async (t) => {
  const clock = new Clock(t);
  const { service, carried, want } = asked();
  await want(1);
  await carried[0].answer(response(503));
  service.rest();
  clock.pass(LONG);
  await turns();
  assert.equal(carried.length, 1);
  await want(2);
  assert.equal(carried.length, 2);
});

for (const [what, trouble] of /** @type {[string, Response | Error][]} */ ([
  ["a line that is down", new TypeError("Failed to fetch")],
  ["a sentence", response(422, { error: "No." })],
  ["an error", response(500)],
  ["no JSON", new Response("<html>")],
])) {
  test(`${what} gives up until the gesture has ended`, async (t) => {
    new Clock(t);
    const { service, carried, heard, told, want } = asked();
    await want(1);
    await want(2);
    await carried[0].answer(trouble);
    assert.equal(told.up, 1);
    assert.equal(service.serves, false);
    assert.equal(carried.length, 1);
    assert.deepEqual(heard, []);
    service.rest();
    assert.equal(service.serves, true);
    await want(3);
    assert.equal(carried.length, 2);
  });
}

test("where nobody answers it is not tried again", async (t) => {
  new Clock(t);
  for (const status of [404, 405]) {
    const { service, carried, told, want } = asked();
    await want(1);
    await carried[0].answer(response(status));
    assert.equal(told.up, 1);
    service.rest();
    assert.equal(service.serves, false);
    await want(2);
    assert.equal(carried.length, 1);
  }
});

test("who is silent is given up", async (t) => {
  const clock = new Clock(t);
  const { service, carried, told, want } = asked();
  await want(1);
  clock.pass(LONG);
  await new Promise((done) => setImmediate(done));
  assert.equal(carried[0].signal.aborted, true);
  assert.equal(told.up, 1);
  assert.equal(service.serves, false);
});

test("without an address nobody is asked", async (t) => {
  new Clock(t);
  const { service, carried, want } = asked();
  service.address = null;
  assert.equal(service.serves, false);
  await want(1);
  assert.equal(carried.length, 0);
});

test("on a page that was left nothing is asked and nothing heard", async (t) => {
  const clock = new Clock(t);
  const { service, carried, heard, want } = asked();
  await want(1);
  service.close();
  await carried[0].answer(response(200, {}));
  await want(2);
  assert.deepEqual(heard, []);
  assert.equal(carried.length, 1);
  assert.equal(clock.timers.size, 0);
});
