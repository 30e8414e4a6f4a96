import assert from "node:assert/strict";
import { Watchdog } from "./watchdog.ts";

Deno.test("Watchdog barks once it was not fed for its limit", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const start = performance.now();
  using watchdog = new Watchdog(50, resolve);
  watchdog.feed();
  await promise;
  assert.ok(performance.now() - start >= 49);
});

Deno.test("Watchdog is silent before it is fed, and while it rests", async () => {
  let barks = 0;
  using watchdog = new Watchdog(5, () => barks++);
  await new Promise((resolve) => setTimeout(resolve, 30));
  watchdog.feed();
  watchdog.rest();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(barks, 0);
});

/** Lets a test say what time it is, and wakes what sleeps. */
async function withClock(use: (to: (ms: number) => void) => Promise<void> | void): Promise<void> {
  const { now } = performance;
  const { setTimeout, clearTimeout } = globalThis;
  let nowMs = 1000;
  let sleepers: { readonly id: number; readonly atMs: number; wake(): void }[] = [];
  let ids = 0;
  performance.now = () => nowMs;
  globalThis.setTimeout = ((wake: () => void, delayMs = 0) => {
    sleepers.push({ id: ++ids, atMs: nowMs + delayMs, wake });
    return ids;
  }) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((id?: number) => {
    sleepers = sleepers.filter((sleeper) => sleeper.id !== id);
  }) as typeof clearTimeout;
  try {
    await use((ms) => {
      nowMs = ms;
      const due = sleepers.filter(({ atMs }) => atMs <= nowMs);
      sleepers = sleepers.filter(({ atMs }) => atMs > nowMs);
      for (const { wake } of due) wake();
    });
  } finally {
    performance.now = now;
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}

Deno.test("Watchdog barks at its limit after it was fed last, and looks again when it overslept", async () => {
  await withClock((to) => {
    let barks = 0;
    using watchdog = new Watchdog(500, () => barks++);
    watchdog.feed();
    to(1400);
    watchdog.feed();
    to(1500);
    to(1899);
    assert.equal(barks, 0);
    to(1901);
    assert.equal(barks, 1);
    watchdog.feed();
    // A second late is a busy machine; more is one that slept.
    to(3401);
    assert.equal(barks, 2);
    watchdog.feed();
    to(4902);
    assert.equal(barks, 2);
    to(5401);
    assert.equal(barks, 2);
    to(5403);
    assert.equal(barks, 3);
  });
});

Deno.test("Watchdog that rested is awake once it is fed, and silent when it is disposed of", async () => {
  await withClock((to) => {
    let barks = 0;
    const watchdog = new Watchdog(500, () => barks++);
    watchdog.feed();
    watchdog.rest();
    to(1600);
    assert.equal(barks, 0);
    watchdog.feed();
    to(2101);
    assert.equal(barks, 1);
    watchdog.feed();
    watchdog[Symbol.dispose]();
    to(2700);
    assert.equal(barks, 1);
  });
});
