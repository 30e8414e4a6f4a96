import assert from "node:assert/strict";
import fc from "fast-check";
import { SegmentPace } from "./segment_pace.ts";

/** A frame as it goes out. */
interface Shown {
  readonly ptsMs: number;
  readonly atMs: number;
  readonly capturedMs: number;
  readonly delayMs: number;
}

/**
 * A source whose segments are there `lateMs` after their last frame, four of them at the start; its
 * frames are read one by one, as those before them have gone out.
 */
function play(
  segmentMs: number,
  intervalMs: number,
  count: number,
  late: readonly number[],
): Shown[] {
  const pace = new SegmentPace();
  const shown: Shown[] = [];
  const perSegment = Math.ceil(segmentMs / intervalMs);
  let nowMs = 4 * perSegment * intervalMs + (late[3] ?? 0);
  for (let index = 0; index < count * perSegment; index++) {
    const segment = Math.floor(index / perSegment);
    const thereMs = (segment + 1) * perSegment * intervalMs + late[segment % late.length]!;
    const ptsMs = 5000 + index * intervalMs;
    nowMs = Math.max(nowMs + 1, thereMs);
    const lateMs = pace.latenessMs(ptsMs, nowMs);
    if (pace.isStale(ptsMs)) continue;
    const waitMs = pace.dueInMs(ptsMs, nowMs);
    assert.ok(waitMs >= 0);
    const capturedMs = nowMs - lateMs;
    nowMs += waitMs;
    shown.push({ ptsMs, atMs: nowMs, capturedMs, delayMs: pace.delayMs });
  }
  return shown;
}

const scene = fc.record({
  segmentMs: fc.integer({ min: 2000, max: 10_000 }),
  intervalMs: fc.integer({ min: 20, max: 200 }),
  late: fc.array(fc.integer({ min: 600, max: 1500 }), { minLength: 4, maxLength: 8 }),
});

Deno.test("SegmentPace shows every frame from the first new segment on, as far apart as it was taken", () => {
  fc.assert(fc.property(scene, ({ segmentMs, intervalMs, late }) => {
    const shown = play(segmentMs, intervalMs, 12, late);
    const perSegment = Math.ceil(segmentMs / intervalMs);
    assert.equal(shown.length, 8 * perSegment);
    for (let at = 1; at < shown.length; at++) {
      const stepMs = shown[at]!.atMs - shown[at - 1]!.atMs;
      // A segment may come late by as much as the waits for segments differ.
      const most = intervalMs + 2 + (at % perSegment === 0 ? 900 + segmentMs * 0.02 : 0);
      assert.ok(stepMs >= intervalMs * 0.98 - 1 && stepMs <= most, `${stepMs} ms at ${at}`);
    }
  }));
});

Deno.test("SegmentPace knows how old a frame is: as long as its segment, and what that took to come", () => {
  fc.assert(fc.property(scene, ({ segmentMs, intervalMs, late }) => {
    for (const { ptsMs, atMs, capturedMs, delayMs } of play(segmentMs, intervalMs, 12, late)) {
      // The promptest packet itself was no younger than its segment's way.
      const takenMs = ptsMs - 5000;
      // What was in store was read at a millisecond a frame.
      const mostMs = 1500 + intervalMs + 4 * Math.ceil(segmentMs / intervalMs) + 10;
      assert.ok(capturedMs >= takenMs && capturedMs <= takenMs + mostMs, `${capturedMs - takenMs}`);
      assert.ok(Math.abs(atMs - capturedMs - delayMs) < 1, `${atMs - capturedMs} ${delayMs}`);
      assert.ok(
        delayMs >= segmentMs * 0.9 - mostMs && delayMs <= 2 * segmentMs + 3000,
        `${delayMs}`,
      );
    }
  }));
});

Deno.test("SegmentPace begins at once where nothing is in store, and goes on over a clock that is set", () => {
  const pace = new SegmentPace();
  let shown = 0;
  for (let ms = 0; ms < 10_000; ms += 40) {
    const ptsMs = ms < 6000 ? ms : ms + 90_000;
    const lateMs = pace.latenessMs(ptsMs, ms);
    if (pace.isStale(ptsMs)) continue;
    shown++;
    assert.ok(pace.dueInMs(ptsMs, ms) <= 40);
    assert.ok(lateMs <= 100, `${lateMs}`);
  }
  assert.ok(shown >= 195, `${shown}`);
});

Deno.test("SegmentPace.begin() shows all of what is in store, and changes nothing once frames are shown", () => {
  const pace = new SegmentPace();
  assert.equal(pace.isStale(0), true, "it is not known yet where new segments begin");
  pace.begin();
  assert.equal(pace.isStale(-1000), false);
  pace.latenessMs(1000, 0);
  assert.equal(pace.isStale(960), false, "it comes later and is shown before");
  const live = new SegmentPace();
  for (let ms = 0; ms < 10_000; ms += 40) live.latenessMs(ms, ms);
  assert.equal(live.isStale(0), true, "it was read before the first new segment");
  live.begin();
  assert.equal(live.isStale(0), true);
});

Deno.test("SegmentPace keeps its delay over a clock that is set", () => {
  const pace = new SegmentPace();
  pace.begin();
  const delays: number[] = [];
  for (const [beginPtsMs, nowMs] of [[0, 4000], [900_000, 8000]] as const) {
    // A segment of 4 s that comes at once.
    for (let ms = 0; ms < 4000; ms += 40) {
      pace.latenessMs(beginPtsMs + ms, nowMs);
      pace.dueInMs(beginPtsMs + ms, nowMs);
      delays.push(pace.delayMs);
    }
  }
  const [before, after] = delays.slice(99, 101);
  assert.ok(before! > 3800 && before! < 4000, `${before} ms`);
  assert.ok(Math.abs(after! - before!) < 1, `${before} ms, then ${after} ms`);
});

/** Which of these packets are the first to be shown, each `[ptsMs, nowMs]`. */
function firstShown(packets: readonly (readonly [number, number])[]): number {
  const pace = new SegmentPace();
  return packets.findIndex(([ptsMs, nowMs]) => {
    pace.latenessMs(ptsMs, nowMs);
    return !pace.isStale(ptsMs);
  });
}

Deno.test("SegmentPace has read all that is in store when it waits for half a second", () => {
  assert.equal(firstShown([[0, 0], [40, 10], [80, 509], [120, 1008]]), -1);
  assert.equal(firstShown([[0, 0], [40, 10], [80, 509], [120, 1009]]), 3);
});

Deno.test("SegmentPace has nothing in store where it reads no faster than one and a half times", () => {
  // Two seconds of reading, in which three of the stream came, or just less.
  const read = (storedMs: number, readMs: number) =>
    Array.from({ length: 11 }, (_, at) => [9000 + at / 10 * storedMs, at / 10 * readMs] as const);
  assert.equal(firstShown(read(3000, 2000)), -1);
  assert.equal(firstShown(read(2990, 2000)), 10);
  assert.equal(firstShown(read(2980, 1990)), -1, "it is not judged yet");
});

Deno.test("SegmentPace takes what holds more than a minute for no camera's", () => {
  const fast = (lastPtsMs: number) => [[0, 0], [30_000, 100], [lastPtsMs, 200]] as const;
  assert.equal(firstShown(fast(60_000)), -1);
  assert.equal(firstShown(fast(60_001)), 2);
});

Deno.test("SegmentPace shows what comes at the edge, and nothing before it", () => {
  const pace = new SegmentPace();
  pace.latenessMs(1000, 0);
  pace.latenessMs(2000, 600);
  assert.deepEqual([999, 1999, 2000, 2040].map((ms) => pace.isStale(ms)), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("SegmentPace lets frames go out as far apart as they were taken, and a hundredth faster", () => {
  const pace = new SegmentPace();
  pace.begin();
  assert.equal(pace.dueInMs(0, 4000), 0);
  // 100 ms of the stream are 99 ms of ours.
  assert.equal(pace.dueInMs(100, 4000), 99);
  assert.equal(pace.dueInMs(200, 4099), 99);
  // A segment that is late puts off what follows.
  assert.equal(pace.dueInMs(300, 5000), 0);
  assert.equal(pace.dueInMs(400, 5000), 99);
  // One that is shown out of order neither gains nor loses.
  assert.equal(pace.dueInMs(380, 5000), 79);
});

Deno.test("SegmentPace takes a stamp that is off by up to 20 s for a late one, and by more for a clock that was set", () => {
  for (const [offMs, late] of [[20_000, true], [20_001, false]] as const) {
    const pace = new SegmentPace();
    pace.begin();
    pace.latenessMs(0, 1000);
    pace.dueInMs(0, 1000);
    assert.equal(pace.latenessMs(100 - offMs, 1100), late ? offMs : 0);
  }
});
