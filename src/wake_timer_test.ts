import { deepEqual, equal, fail } from "node:assert/strict";
import { WakeTimer } from "./wake_timer.ts";

Deno.test("WakeTimer calls back once, at the earliest of its times, and can be armed again", async () => {
  const begunAtMs = performance.now();
  const wokenMs: number[] = [];
  const last = Promise.withResolvers<void>();
  using timer = new WakeTimer(() => {
    wokenMs.push(performance.now() - begunAtMs);
    if (wokenMs.length === 1) timer.arm(begunAtMs + 60);
    else last.resolve();
  });
  for (const afterMs of [3_600_000, 40, 20, 30]) timer.arm(begunAtMs + afterMs);
  await last.promise;
  equal(wokenMs.length, 2);
  // A timer may be a millisecond early.
  if (wokenMs[0]! < 19 || wokenMs[1]! < 59) fail(`woken after ${wokenMs} ms`);
});

Deno.test("WakeTimer sets a timer only for a time before the one it has, by its own clock", () => {
  const delaysMs: (number | undefined)[] = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((_wake: () => void, delayMs?: number) => delaysMs.push(delayMs)) as
    & typeof setTimeout
    & ((wake: () => void) => number);
  try {
    const timer = new WakeTimer(() => fail("no timer runs"), () => 1e9);
    for (const atMs of [1e9 + 50, 1e9 + 50, 1e9 + 80, 1e9 + 20, 1e9 - 7]) timer.arm(atMs);
    timer[Symbol.dispose]();
    timer.arm(0);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  deepEqual(delaysMs, [50, 20, 0]);
});

Deno.test("WakeTimer leaves no timer behind once it is disposed of", async () => {
  const timer = new WakeTimer(() => fail("it was disposed of"));
  timer.arm(performance.now() + 5);
  timer[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 15));
});
