import assert from "node:assert/strict";
import fc from "fast-check";
import { ReorderBuffer } from "./reorder_buffer.ts";

function frame(sequence: number, capturedAtMs = Date.now(), delayMs = 0) {
  return { info: { sequence, capturedAtMs }, delayMs };
}

function recordingBuffer(maxAgeMs: number | null, capacity = 100) {
  const log: string[] = [];
  const buffer = new ReorderBuffer<ReturnType<typeof frame>, string>({
    maxAgeMs,
    capacity,
    deliver: async ({ info: { sequence } }, result) => {
      await Promise.resolve();
      log.push(`${sequence}:${result}`);
    },
    drop: ({ info: { sequence } }, reason) => log.push(`${sequence}!${reason}`),
  });
  return { buffer, log };
}

const result = (value: string) => ({ kind: "result", result: value }) as const;

Deno.test("ReorderBuffer delivers in frame order whatever order work ends in", async () => {
  const { buffer, log } = recordingBuffer(null);
  const slots = [0, 1, 2, 3, 4].map((sequence) => buffer.reserve(frame(sequence)));
  for (const index of [3, 1, 0, 4, 2]) slots[index]!.settle(result("abcde"[index]!));
  await buffer.idle();
  assert.deepEqual(log, ["0:a", "1:b", "2:c", "3:d", "4:e"]);
});

Deno.test("ReorderBuffer counts a head by what it waited for when its deadline was exceeded", async () => {
  const { buffer: aged, log } = recordingBuffer(20);
  using buffer = aged;
  for (const sequence of [0, 1]) {
    const slot = buffer.reserve(frame(sequence));
    if (sequence === 0) slot.overdue("no_answer");
  }
  await buffer.idle();
  assert.deepEqual(log, ["0!no_answer", "1!too_old"]);
});

Deno.test("ReorderBuffer reports drops in their turn", async () => {
  const { buffer, log } = recordingBuffer(null);
  const [first, second, third] = [0, 1, 2].map((sequence) => buffer.reserve(frame(sequence)));
  third!.settle(result("c"));
  second!.settle({ kind: "dropped", reason: "skipped" });
  assert.deepEqual(log, []);
  first!.settle({ kind: "dropped", reason: "error" });
  await buffer.idle();
  assert.deepEqual(log, ["0!error", "1!skipped", "2:c"]);
});

Deno.test("ReorderBuffer drops a head that is too old, aborts its work and moves on", async () => {
  const { buffer: aged, log } = recordingBuffer(40);
  using buffer = aged;
  const slow = buffer.reserve(frame(0, Date.now()));
  const quick = buffer.reserve(frame(1, Date.now() + 1000));
  quick.settle(result("b"));
  await buffer.idle();
  assert.deepEqual(log, ["0!too_old", "1:b"]);
  assert.equal(slow.signal.aborted, true);
  assert.equal(quick.signal.aborted, false);
  slow.settle(result("late"));
  await buffer.idle();
  assert.deepEqual(log, ["0!too_old", "1:b"]);
});

Deno.test("ReorderBuffer drops a result that came too late, even when its timer had no chance", async () => {
  const { buffer: aged, log } = recordingBuffer(40);
  using buffer = aged;
  buffer.reserve(frame(0, Date.now() - 100)).settle(result("stale"));
  await buffer.idle();
  assert.deepEqual(log, ["0!too_old"]);
});

Deno.test("ReorderBuffer allows a frame that was old when it came so much more", async () => {
  const { buffer: aged, log } = recordingBuffer(40);
  using buffer = aged;
  buffer.reserve(frame(0, Date.now() - 5_000, 5_000)).settle(result("in time"));
  buffer.reserve(frame(1, Date.now() - 5_100, 5_000)).settle(result("late"));
  await buffer.idle();
  assert.deepEqual(log, ["0:in time", "1!too_old"]);
});

Deno.test("ReorderBuffer.space() waits while it is full", async () => {
  const { buffer, log } = recordingBuffer(null, 2);
  const first = buffer.reserve(frame(0));
  buffer.reserve(frame(1));
  let free = false;
  const space = buffer.space().then(() => free = true);
  await Promise.resolve();
  assert.equal(free, false);
  first.settle(result("a"));
  await space;
  assert.deepEqual(log, ["0:a"]);
  assert.equal(buffer.length, 1);
});

Deno.test("ReorderBuffer.abortAll() aborts unfinished work, and settles what does not listen", async () => {
  const { buffer, log } = recordingBuffer(null);
  const slots = [0, 1, 2, 3].map((sequence) => buffer.reserve(frame(sequence)));
  slots[1]!.settle(result("b"));
  slots[3]!.overdue("no_answer");
  buffer.abortAll();
  await buffer.idle();
  assert.deepEqual(slots.map(({ signal }) => signal.aborted), [true, true, true, true]);
  assert.deepEqual(log, ["0!error", "1:b", "2!error", "3!no_answer"]);
});

Deno.test("ReorderBuffer sleeps until its head is due, rather than look again and again", async () => {
  const { buffer: aged, log } = recordingBuffer(40);
  using buffer = aged;
  const delaysMs: number[] = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((wake: () => void, delayMs: number) => {
    delaysMs.push(delayMs);
    return setTimeout(wake, delayMs);
  }) as typeof setTimeout;
  try {
    buffer.reserve(frame(0));
    buffer.reserve(frame(1));
    await buffer.idle();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.deepEqual(log, ["0!too_old", "1!too_old"]);
  assert.ok(delaysMs.length <= 4, `${delaysMs}`);
  assert.ok(delaysMs.every((delayMs) => delayMs >= 0 && delayMs <= 41), `${delaysMs}`);
});

/** A buffer whose deliveries last until they are told to end. */
function slowBuffer() {
  const ends: (() => void)[] = [];
  const buffer = new ReorderBuffer<ReturnType<typeof frame>, string>({
    maxAgeMs: null,
    capacity: 100,
    deliver: () => new Promise<void>((resolve) => ends.push(resolve)),
    drop: () => {},
  });
  return { buffer, endDelivery: () => ends.shift()!() };
}

async function isFree(buffer: { space(): Promise<void> }): Promise<boolean> {
  let free = false;
  buffer.space().then(() => free = true);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return free;
}

Deno.test("ReorderBuffer.space() waits while two results wait behind the one that is delivered", async () => {
  const { buffer, endDelivery } = slowBuffer();
  const slots = Array.from({ length: 6 }, (_, sequence) => buffer.reserve(frame(sequence)));
  for (const index of [5, 4, 3, 2]) slots[index]!.settle(result("waits for a slow head"));
  assert.equal(await isFree(buffer), true, "nothing is delivered");
  slots[0]!.settle(result("a"));
  assert.equal(await isFree(buffer), false);
  slots[1]!.settle(result("b"));
  for (const free of [false, false, false, true]) {
    endDelivery();
    assert.equal(await isFree(buffer), free, `${buffer.length} left`);
  }
  assert.equal(buffer.length, 2);
  // What is settled again does not count again.
  for (const slot of slots) slot.settle(result("again"));
  assert.equal(await isFree(buffer), true);
  for (const left of [1, 0]) {
    endDelivery();
    assert.equal(await isFree(buffer), true);
    assert.equal(buffer.length, left);
  }
  await buffer.idle();
});

Deno.test("ReorderBuffer keeps a frame of just the age that is allowed", () => {
  const { now } = Date;
  const { buffer: aged } = recordingBuffer(40);
  using buffer = aged;
  try {
    Date.now = () => 1_000_000;
    const ages = [39, 40, 41].map((ageMs) => buffer.isTooOld(frame(0, 1_000_000 - ageMs)));
    assert.deepEqual(ages, [false, false, true]);
    assert.equal(buffer.isTooOld(frame(0, 1_000_000 - 140, 100)), false);
    assert.equal(buffer.isTooOld(frame(0, 1_000_000 - 141, 100)), true);
    assert.equal(recordingBuffer(null).buffer.isTooOld(frame(0, 0)), false);
  } finally {
    Date.now = now;
  }
});

Deno.test("ReorderBuffer says why work on a frame was given up", async () => {
  const { buffer: aged } = recordingBuffer(1);
  using buffer = aged;
  const late = buffer.reserve(frame(0, Date.now() - 100));
  const { promise, resolve } = Promise.withResolvers<void>();
  late.signal.addEventListener("abort", () => resolve());
  await promise;
  assert.equal((late.signal.reason as Error).name, "TimeoutError");
  const left = buffer.reserve(frame(1));
  buffer.abortAll();
  assert.equal((left.signal.reason as Error).name, "AbortError");
});

Deno.test("ReorderBuffer gives each frame one outcome, in frame order, whatever takes how long", async () => {
  const fates = fc.array(fc.constantFrom("result", "skipped", "error"), { maxLength: 25 });
  const executors = fc.integer({ min: 1, max: 5 });
  await fc.assert(
    fc.asyncProperty(fates, executors, fc.scheduler(), async (fates, executors, scheduler) => {
      const log: string[] = [];
      let delivering = 0;
      const buffer = new ReorderBuffer<ReturnType<typeof frame>, string>({
        maxAgeMs: null,
        capacity: 3,
        async deliver({ info: { sequence } }, result) {
          assert.equal(delivering++, 0, "one at a time");
          await scheduler.schedule(Promise.resolve());
          delivering--;
          log.push(`${sequence} ${result}`);
        },
        drop: ({ info: { sequence } }, reason) => log.push(`${sequence} ${reason}`),
      });
      let next = 0;
      const execute = async () => {
        while (next < fates.length) {
          await buffer.space();
          if (next >= fates.length) return;
          const sequence = next++;
          const slot = buffer.reserve(frame(sequence));
          await scheduler.schedule(Promise.resolve());
          const fate = fates[sequence]!;
          if (fate === "result") slot.settle(result("result"));
          else slot.settle({ kind: "dropped", reason: fate as "skipped" | "error" });
          slot.settle(result("again"));
        }
      };
      const done = Promise.all(Array.from({ length: executors }, execute));
      await scheduler.waitFor(done.then(() => buffer.idle()));
      assert.deepEqual(log, fates.map((fate, sequence) => `${sequence} ${fate}`));
      assert.equal(buffer.length, 0);
    }),
  );
});

Deno.test("ReorderBuffer's timer that wakes when nothing is left does nothing", async () => {
  const { buffer: aged, log } = recordingBuffer(1000);
  using buffer = aged;
  const wakes: (() => void)[] = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((wake: () => void) => wakes.push(wake)) as unknown as typeof setTimeout;
  try {
    buffer.reserve(frame(0)).settle(result("a"));
    await buffer.idle();
    for (const wake of wakes.splice(0)) wake();
    buffer.reserve(frame(1)).settle(result("b"));
    await buffer.idle();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.deepEqual(log, ["0:a", "1:b"]);
  assert.equal(wakes.length, 1, "it is armed again for the next");
});
