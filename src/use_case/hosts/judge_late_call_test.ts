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
