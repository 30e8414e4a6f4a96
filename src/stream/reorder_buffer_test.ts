import assert from "node:assert/strict";
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
  const slots = [0, 1, 2].map((sequence) => buffer.reserve(frame(sequence)));
  slots[1]!.settle(result("b"));
  buffer.abortAll();
  await buffer.idle();
  assert.deepEqual(slots.map(({ signal }) => signal.aborted), [true, true, true]);
  assert.deepEqual(log, ["0!error", "1:b", "2!error"]);
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
