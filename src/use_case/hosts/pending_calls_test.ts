import assert from "node:assert/strict";
import { poll } from "../../../tests/support/poll.ts";
import { PendingCalls } from "./pending_calls.ts";

const timeoutMs = 60;

/** Calls that note what became of them, and which of them were late. */
function watched() {
  const late: [method: string, patienceMs: number][] = [];
  const pending = new PendingCalls<string>(({ method }, patienceMs) =>
    late.push([method, patienceMs])
  );
  return { pending, late };
}

const call = (method: string, settle: (outcome: string) => void = () => {}) => ({
  method,
  instance: 0,
  timeoutMs,
  mostBytes: 0,
  settle,
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("PendingCalls hands each outcome to its own call, once", () => {
  const { pending } = watched();
  using _pending = pending;
  const outcomes: string[] = [];
  pending.add(1, call("first", (outcome) => outcomes.push(`first: ${outcome}`)));
  pending.add(2, call("second", (outcome) => outcomes.push(`second: ${outcome}`)));
  pending.take(2)?.("b");
  assert.equal(pending.take(2), undefined);
  assert.equal(pending.take(3), undefined);
  pending.settleAll("over");
  assert.deepEqual(outcomes, ["second: b", "first: over"]);
  assert.equal(pending.take(1), undefined);
});

Deno.test("PendingCalls tells of a call that waits too long, by its method and its patience", async () => {
  const { pending, late } = watched();
  using _pending = pending;
  pending.add(1, call("preprocess"));
  await pause(timeoutMs / 2);
  assert.deepEqual(late, []);
  await pause(timeoutMs);
  assert.deepEqual(late, [["preprocess", timeoutMs]]);
});

Deno.test("PendingCalls gives a call its whole time, whenever the one before it began", async () => {
  const { pending, late } = watched();
  using _pending = pending;
  pending.add(1, call("first"));
  await pause(timeoutMs / 2);
  pending.take(1);
  const askedAtMs = performance.now();
  pending.add(2, call("second"));
  await poll("the call is late", () => late.length > 0, 2000);
  const waitedMs = performance.now() - askedAtMs;
  assert(waitedMs >= timeoutMs && waitedMs < timeoutMs * 3, `${waitedMs} ms`);
});

Deno.test("PendingCalls has more patience with a call behind others", async () => {
  const { pending, late } = watched();
  using _pending = pending;
  pending.add(1, call("first"));
  pending.add(2, call("second"));
  pending.take(1);
  await pause(timeoutMs * 1.5);
  assert.deepEqual(late, []);
  await pause(timeoutMs);
  assert.deepEqual(late, [["second", 2 * timeoutMs]]);
});

Deno.test("PendingCalls leaves a call without a deadline alone", async () => {
  const { pending, late } = watched();
  using _pending = pending;
  pending.add(1, { ...call("first"), timeoutMs: null });
  pending.add(2, call("second"));
  await poll("the other call is late", () => late.length > 0, 2000);
  await pause(timeoutMs);
  assert.deepEqual(late, [["second", timeoutMs]]);
});

Deno.test("PendingCalls watches again after a time without calls", async () => {
  const { pending, late } = watched();
  using _pending = pending;
  pending.add(1, call("first"));
  pending.take(1);
  await pause(timeoutMs * 1.5);
  pending.add(2, call("second"));
  await pause(timeoutMs * 1.5);
  assert.deepEqual(late, [["second", timeoutMs]]);
});

Deno.test("PendingCalls watches no longer once it is disposed of", async () => {
  const { pending, late } = watched();
  pending.add(1, call("first"));
  pending[Symbol.dispose]();
  await pause(timeoutMs * 1.5);
  assert.deepEqual(late, []);
});

Deno.test("PendingCalls knows a call until it is taken, with a deadline or without", () => {
  const { pending } = watched();
  using _pending = pending;
  const outcomes: string[] = [];
  for (const timeoutMs of [null, 60]) {
    pending.add(1, { ...call("ask", (outcome) => outcomes.push(outcome)), timeoutMs });
    assert.equal(pending.get(1)?.method, "ask");
    pending.take(1)?.(`${timeoutMs}`);
    assert.equal(pending.get(1), undefined);
  }
  assert.deepEqual(outcomes, ["null", "60"]);
});
