import assert from "node:assert/strict";
import { judgeLateCall } from "./judge_late_call.ts";

/** A thread that has these shares of the processor, and wants it for `wanted` of the time. */
function threadOf(share: number, wanted: number, wantsToRun = false) {
  let [atMs, ranMs, waitedMs] = [0, 0, 0];
  return () => {
    atMs += 50;
    ranMs += 50 * share;
    waitedMs += 50 * (wanted - share);
    return Promise.resolve({ atMs, ranMs, waitedMs, wantsToRun });
  };
}

Deno.test("judgeLateCall() tells a loop from a wait", async () => {
  const isOver = () => false;
  const judge = (look: ReturnType<typeof threadOf>) =>
    judgeLateCall({ patienceMs: 200, look, isOver });
  assert.equal(await judge(threadOf(1, 1)), "computes");
  assert.equal(await judge(threadOf(0.5, 1)), "computes");
  assert.equal(await judge(threadOf(0.01, 0.02)), "waits");
  // What it waits for the processor is not told before it has it.
  assert.equal(await judge(threadOf(0.3, 0.3, true)), "computes");
  assert.equal(
    await judgeLateCall({ patienceMs: 200, look: () => Promise.resolve(null), isOver }),
    "unknown",
  );
});

Deno.test("judgeLateCall() has patience with a call that has not had its share", async () => {
  let looks = 0;
  const verdict = await judgeLateCall({
    patienceMs: 200,
    look: threadOf(0.05, 1),
    isOver: () => ++looks > 5,
  });
  assert.equal(verdict, null);
});

Deno.test("judgeLateCall() has an end to its patience", async () => {
  const look = threadOf(0.001, 1);
  assert.equal(await judgeLateCall({ patienceMs: 10, look, isOver: () => false }), "unknown");
});

/** Has no test wait: the clock goes on by what is slept. */
async function withoutWaiting<T>(run: (slept: number[]) => Promise<T>): Promise<T> {
  const { now } = performance;
  const { setTimeout } = globalThis;
  const slept: number[] = [];
  let nowMs = 1e6;
  performance.now = () => nowMs;
  globalThis.setTimeout = ((wake: () => void, ms: number) => {
    slept.push(ms);
    nowMs += ms;
    return setTimeout(wake);
  }) as typeof setTimeout;
  try {
    return await run(slept);
  } finally {
    performance.now = now;
    globalThis.setTimeout = setTimeout;
  }
}

Deno.test("judgeLateCall() looks every fourth of the patience, but neither too often nor too seldom", async () => {
  for (const [patienceMs, lookMs] of [[100, 50], [400, 100], [4000, 250]] as const) {
    await withoutWaiting(async (slept) => {
      await judgeLateCall({ patienceMs, look: threadOf(1, 1), isOver: () => false });
      assert.equal(slept[0], lookMs);
    });
  }
});

Deno.test("judgeLateCall() gives a call as much of the processor as it may have, and no more", async () => {
  // A look of 50 ms each; before the first it is taken to have had the same share.
  const looks = async (share: number, patienceMs: number) => {
    return await withoutWaiting(async (slept) => {
      const verdict = await judgeLateCall({
        patienceMs,
        look: threadOf(share, 1),
        isOver: () => false,
      });
      return [verdict, slept.length];
    });
  };
  assert.deepEqual(await looks(1, 1000), ["computes", 1]);
  assert.deepEqual(await looks(0.5, 1000), ["computes", 20]);
  assert.deepEqual(await looks(0.8, 1000), ["computes", 5]);
  // Twenty times its patience in looks of 250 ms.
  assert.deepEqual(await looks(0.001, 1000), ["unknown", 81]);
});

Deno.test("judgeLateCall() takes a thread for one that waits which wants less than half of the time", async () => {
  const verdict = (share: number, wanted: number, wantsToRun = false) =>
    withoutWaiting(() =>
      judgeLateCall({
        patienceMs: 200,
        look: threadOf(share, wanted, wantsToRun),
        isOver: () => false,
      })
    );
  assert.equal(await verdict(0.25, 0.49), "waits");
  assert.equal(await verdict(0.25, 0.5), "computes");
  assert.equal(await verdict(0.25, 0.25, true), "computes");
});
