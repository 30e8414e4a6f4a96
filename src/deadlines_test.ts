import { deepEqual, fail } from "node:assert/strict";
import { Deadlines } from "./deadlines.ts";

Deno.test("Deadlines calls for those that pass, in order, and not for those that are met", async () => {
  using deadlines = new Deadlines();
  const passed: string[] = [];
  const last = Promise.withResolvers<void>();
  // The second is due before the first, for which the timer was set.
  deadlines.watch(40, () => passed.push("second"));
  deadlines.watch(10, () => passed.push("first"));
  const met = deadlines.watch(20, () => passed.push("met"));
  deadlines.meet(met);
  deadlines.watch(60, () => {
    passed.push("third");
    // One that comes while others are looked at.
    deadlines.watch(5, last.resolve);
  });
  await last.promise;
  deepEqual(passed, ["first", "second", "third"]);
});

Deno.test("Deadlines looks in time for one that comes before all others", async () => {
  using deadlines = new Deadlines();
  deadlines.watch(3_600_000, () => fail("an hour has not passed"));
  const soon = Promise.withResolvers<void>();
  deadlines.watch(5, soon.resolve);
  await soon.promise;
});

Deno.test("Deadlines never calls too soon", async () => {
  using deadlines = new Deadlines();
  const early: number[] = [];
  await Promise.all(Array.from({ length: 20 }, (_, index) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const afterMs = 1 + index * 1.7;
    const atMs = performance.now() + afterMs;
    deadlines.watch(afterMs, () => {
      const nowMs = performance.now();
      if (nowMs < atMs) early.push(atMs - nowMs);
      resolve();
    });
    return promise;
  }));
  deepEqual(early, []);
});

Deno.test("Deadlines leaves no timer behind, and calls nothing once it is disposed of", async () => {
  const passed: string[] = [];
  const deadlines = new Deadlines();
  deadlines.watch(5, () => passed.push("late"));
  deadlines[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 15));
  deepEqual(passed, []);
});

Deno.test("Deadlines calls no one else once the watcher it called has stopped", async () => {
  using deadlines = new Deadlines();
  const passed = Promise.withResolvers<void>();
  deadlines.watch(5, () => {
    deadlines[Symbol.dispose]();
    passed.resolve();
  });
  deadlines.watch(5.1, () => fail("watched no more"));
  // Both are over when they are looked at.
  const untilMs = performance.now() + 8;
  while (performance.now() < untilMs);
  await passed.promise;
});
