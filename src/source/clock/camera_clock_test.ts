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

Deno.test("CameraClock places a frame by its next neighbour, whatever the stream's clock does there", () => {
  const clock = new CameraClock();
  const beginMs = Date.now() - 10_000;
  const frame = (index: number, ptsMs = index * 40) => ({
    ptsMs,
    capturedAtMs: beginMs + index * 40,
  });
  for (const index of [0, 10]) clock.next(frame(index), true);
  // The camera's clock was set by an hour between.
  const hourMs = 3_600_000;
  const after = clock.next(frame(20, hourMs + 800), true);
  ok(Math.abs(clock.next(frame(15, hourMs + 600), true) - (after - 200)) < 1e-3);
  // Captured with its neighbour, to the millisecond.
  equal(clock.next({ ptsMs: 390, capturedAtMs: beginMs + 400 }, true), 390);
});

Deno.test("CameraClock remembers a bounded number of frames", () => {
  const clock = new CameraClock();
  const beginMs = Date.now() - 100_000;
  // Its clock is set by an hour on either side of the oldest one that is remembered.
  const hours = (index: number) => Number(index > 43) + Number(index > 44);
  const frame = (index: number) => ({
    ptsMs: index * 30 + hours(index) * 3_600_000,
    capturedAtMs: beginMs + index * 30,
  });
  const all = Array.from({ length: 300 }, (_, index) => clock.next(frame(index), true));
  equal(clock.next(frame(44), true), all[44]);
  // Forgotten, so that it is placed by its neighbour.
  equal(clock.next(frame(43), true), all[44]! + frame(43).ptsMs - frame(44).ptsMs);
});

Deno.test("CameraClock takes frames of one stamp for two where they were captured far apart", () => {
  const beginMs = Date.now() - 10_000;
  for (const [apartMs, isSame] of [[149, true], [150, false]] as const) {
    const clock = new CameraClock();
    const first = clock.next({ ptsMs: 0, capturedAtMs: beginMs }, true);
    const next = clock.next({ ptsMs: 0, capturedAtMs: beginMs + apartMs }, true);
    equal(next === first, isSame, `${apartMs} ms`);
  }
});

Deno.test("CameraClock takes its machine's clock for set back by more than ten seconds, not by less", () => {
  const beginMs = Date.now() - 60_000;
  for (const [backMs, isSetBack] of [[10_000, false], [10_001, true]] as const) {
    const clock = new CameraClock();
    const first = clock.next({ ptsMs: 20_000, capturedAtMs: beginMs }, true);
    const next = clock.next({ ptsMs: 20_000 - backMs, capturedAtMs: beginMs - backMs }, true);
    equal(next > first, isSetBack, `${backMs} ms`);
  }
});

Deno.test("CameraClock goes on with a frame that was captured in the same millisecond, its stamps anew", () => {
  const clock = new CameraClock();
  const capturedAtMs = Date.now() - 10_000;
  const first = clock.next({ ptsMs: 1000, capturedAtMs }, true);
  ok(clock.next({ ptsMs: 0, capturedAtMs }, true) > first);
});
