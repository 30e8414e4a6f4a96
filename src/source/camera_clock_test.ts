import { deepEqual, equal, ok } from "node:assert/strict";
import { CameraClock } from "./camera_clock.ts";

Deno.test("CameraClock gives a frame the same time for each reader, however far apart they are", () => {
  const clock = new CameraClock();
  const beginMs = Date.now() - 10_000;
  // A clock that runs fast by a tenth, so that the steady one has to follow.
  const frames = Array.from({ length: 100 }, (_, index) => ({
    ptsMs: index * 44,
    capturedAtMs: beginMs + index * 40,
  }));
  const all = frames.map((frame) => clock.next(frame, true));
  deepEqual(frames.map((frame) => clock.next(frame, true)), all);
  ok(all.slice(1).every((ms, index) => ms > all[index]!));
});

Deno.test("CameraClock places a frame that the reader ahead left out", () => {
  const clock = new CameraClock();
  const beginMs = Date.now() - 10_000;
  const frame = (index: number) => ({ ptsMs: index * 40, capturedAtMs: beginMs + index * 40 });
  for (let index = 0; index < 50; index += 5) clock.next(frame(index), true);
  const late = Array.from({ length: 46 }, (_, index) => clock.next(frame(index), true));
  deepEqual(late, Array.from({ length: 46 }, (_, index) => index * 40));
  equal(clock.next(frame(50), true), 2000);
});

Deno.test("CameraClock goes on when the machine's own clock is set back by an hour", () => {
  const clock = new CameraClock();
  const nowMs = Date.now();
  const first = clock.next({ ptsMs: 0, capturedAtMs: nowMs }, true);
  // A camera whose stamps are no clock, and two of its frames.
  const set = [1, 2].map((at) => {
    return clock.next({ ptsMs: at, capturedAtMs: nowMs - 3_600_000 + at * 200 }, true);
  });
  ok(set[0]! > first && set[1]! > set[0]!, `${first} ${set}`);
  // The next run begins its stamps anew.
  ok(clock.next({ ptsMs: 0, capturedAtMs: nowMs - 3_590_000 }, true) > set[1]!);
});
