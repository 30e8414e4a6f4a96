import assert from "node:assert/strict";
import { type FrameInfo, wholePicture } from "../frame/frame.ts";
import { DeliveryLine } from "./delivery_line.ts";

function frame(sequence: number, capturedAtMs = Date.now()): FrameInfo {
  return {
    stream: "s",
    sequence,
    ptsMs: sequence * 40,
    capturedAtMs,
    width: 1,
    height: 1,
    pixelFormat: "gray",
    picture: wholePicture,
  };
}

function recordingLine(maxAgeMs: number | null, capacity = 100) {
  const log: string[] = [];
  const line = new DeliveryLine<string>({
    maxAgeMs,
    capacity,
    deliver: async ({ sequence }, result) => {
      await Promise.resolve();
      log.push(`${sequence}:${result}`);
    },
    drop: ({ sequence }, reason) => log.push(`${sequence}!${reason}`),
  });
  return { line, log };
}

const result = (value: string) => ({ kind: "result", result: value }) as const;

Deno.test("DeliveryLine delivers in frame order whatever order work ends in", async () => {
  const { line, log } = recordingLine(null);
  const places = [0, 1, 2, 3, 4].map((sequence) => line.enter(frame(sequence)));
  for (const index of [3, 1, 0, 4, 2]) places[index]!.settle(result("abcde"[index]!));
  await line.idle();
  assert.deepEqual(log, ["0:a", "1:b", "2:c", "3:d", "4:e"]);
});

Deno.test("DeliveryLine reports drops in their turn", async () => {
  const { line, log } = recordingLine(null);
  const [first, second, third] = [0, 1, 2].map((sequence) => line.enter(frame(sequence)));
  third!.settle(result("c"));
  second!.settle({ kind: "dropped", reason: "skipped" });
  assert.deepEqual(log, []);
  first!.settle({ kind: "dropped", reason: "error" });
  await line.idle();
  assert.deepEqual(log, ["0!error", "1!skipped", "2:c"]);
});

Deno.test("DeliveryLine drops a head that is too old, aborts its work and moves on", async () => {
  const { line: aged, log } = recordingLine(40);
  using line = aged;
  const slow = line.enter(frame(0, Date.now()));
  const quick = line.enter(frame(1, Date.now() + 1000));
  quick.settle(result("b"));
  await line.idle();
  assert.deepEqual(log, ["0!too_old", "1:b"]);
  assert.equal(slow.signal.aborted, true);
  assert.equal(quick.signal.aborted, false);
  slow.settle(result("late"));
  await line.idle();
  assert.deepEqual(log, ["0!too_old", "1:b"]);
});

Deno.test("DeliveryLine drops a result that came too late, even when its timer had no chance", async () => {
  const { line: aged, log } = recordingLine(40);
  using line = aged;
  line.enter(frame(0, Date.now() - 100)).settle(result("stale"));
  await line.idle();
  assert.deepEqual(log, ["0!too_old"]);
});

Deno.test("DeliveryLine.space() waits while the line is full", async () => {
  const { line, log } = recordingLine(null, 2);
  const first = line.enter(frame(0));
  line.enter(frame(1));
  let free = false;
  const space = line.space().then(() => free = true);
  await Promise.resolve();
  assert.equal(free, false);
  first.settle(result("a"));
  await space;
  assert.deepEqual(log, ["0:a"]);
  assert.equal(line.length, 1);
});

Deno.test("DeliveryLine.abortAll() aborts unfinished work, and settles what does not listen", async () => {
  const { line, log } = recordingLine(null);
  const places = [0, 1, 2].map((sequence) => line.enter(frame(sequence)));
  places[1]!.settle(result("b"));
  line.abortAll();
  await line.idle();
  assert.deepEqual(places.map(({ signal }) => signal.aborted), [true, true, true]);
  assert.deepEqual(log, ["0!error", "1:b", "2!error"]);
});

Deno.test("DeliveryLine sleeps until its head is due, rather than look again and again", async () => {
  const { line: aged, log } = recordingLine(40);
  using line = aged;
  const delaysMs: number[] = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((wake: () => void, delayMs: number) => {
    delaysMs.push(delayMs);
    return setTimeout(wake, delayMs);
  }) as typeof setTimeout;
  try {
    line.enter(frame(0));
    line.enter(frame(1));
    await line.idle();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.deepEqual(log, ["0!too_old", "1!too_old"]);
  assert.ok(delaysMs.length <= 4, `${delaysMs}`);
  assert.ok(delaysMs.every((delayMs) => delayMs >= 0 && delayMs <= 41), `${delaysMs}`);
});
