import assert from "node:assert/strict";
import { backoffMs, pause } from "./backoff.ts";

Deno.test("backoffMs() doubles from 1 s to 30 s, jittered by a quarter, within those bounds", () => {
  const rows = [1, 2, 3, 4, 5, 6, 7];
  const least = rows.map((inRow) => backoffMs(inRow, { random: () => 0 }));
  const most = rows.map((inRow) => backoffMs(inRow, { random: () => 1 }));
  assert.deepEqual(least, [1000, 1500, 3000, 6000, 12000, 22500, 22500]);
  assert.deepEqual(most, [1250, 2500, 5000, 10000, 20000, 30000, 30000]);
});

Deno.test("pause() returns at once for an aborted signal", async () => {
  let isOver: boolean | null = null;
  // A day: a timer for it would outlive the test.
  pause(86_400_000, AbortSignal.abort()).then(() => isOver = true);
  await new Promise((resolve) => setTimeout(resolve));
  assert(isOver);
});

Deno.test("pause() ends as soon as its signal aborts", async () => {
  const stop = new AbortController();
  let isOver: boolean | null = null;
  pause(86_400_000, stop.signal).then(() => isOver = true);
  await new Promise((resolve) => setTimeout(resolve));
  assert(!isOver);
  stop.abort();
  await new Promise((resolve) => setTimeout(resolve));
  assert(isOver);
});

Deno.test("pause() tells whether its time has passed", async () => {
  const controller = new AbortController();
  assert.equal(await pause(0, controller.signal), true);
  const aborted = pause(86_400_000, controller.signal);
  controller.abort();
  assert.equal(await aborted, false);
  assert.equal(await pause(86_400_000, controller.signal), false);
});
