import assert from "node:assert/strict";
import fc from "fast-check";
import { wholePicture } from "../../frame/frame.ts";
import type { SegmentPace } from "./segment_pace.ts";
import { Timeline } from "./timeline.ts";

Deno.test("Timeline gives a frame the time of its packet, though frames come in another order", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  timeline.packet(0, 100, 100);
  timeline.packet(80, 140, 140);
  timeline.packet(40, 180, 180);
  for (const pts of [0, 40, 80]) timeline.frame(pts, 200);
  const stamps = [await timeline.next(), await timeline.next(), await timeline.next()];
  assert.deepEqual(stamps.map((stamp) => [stamp?.ptsMs, stamp?.capturedAtMs]), [
    [0, 100],
    [40, 180],
    // It came at 140, but is shown after the one that came at 180.
    [80, 180],
  ]);
});

Deno.test("Timeline takes a frame without a packet to have come now", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  timeline.frame(40, 500);
  timeline.frame(null, 510);
  assert.deepEqual(await timeline.next(), {
    ptsMs: 40,
    capturedAtMs: 500,
    contentRect: wholePicture,
  });
  assert.deepEqual(await timeline.next(), {
    ptsMs: 50,
    capturedAtMs: 510,
    contentRect: wholePicture,
  });
});

Deno.test("Timeline lets time go on through jitter, and follows a clock that was set", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  for (const pts of [1000, 1000, 960, 1040, 5, 45]) timeline.frame(pts, 0);
  const times: unknown[] = [];
  for (let i = 0; i < 6; i++) times.push((await timeline.next())?.ptsMs);
  assert.deepEqual(times, [1000, 1001, 1002, 1040, 5, 45]);
});

Deno.test("Timeline keeps a bounded memory of packets", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  for (let pts = 0; pts <= 512; pts++) timeline.packet(pts, 7, 7);
  timeline.frame(1, 9);
  timeline.frame(0, 9);
  assert.equal((await timeline.next())?.capturedAtMs, 7);
  assert.equal((await timeline.next())?.capturedAtMs, 9);
});

Deno.test("Timeline.next() resolves when the frame is told, and with null at the end", async () => {
  const timeline = new Timeline();
  const next = timeline.next();
  assert.equal(timeline.isAwaited, true);
  timeline.frame(0, 3);
  assert.equal((await next)?.capturedAtMs, 3);
  assert.deepEqual([timeline.isAwaited, timeline.isReady], [false, false]);
  timeline.frame(1, 4);
  assert.equal(timeline.isReady, true);
  assert.equal((await timeline.next())?.capturedAtMs, 4);
  const last = timeline.next();
  timeline.end();
  assert.equal(await last, null);
  assert.equal(await timeline.next(), null);
});

Deno.test("Timeline makes a frame as old as its packet, which lay in a pipe while we slept", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  timeline.packet(0, 1_000_000, 0);
  timeline.packet(40, 1_005_040, 5040);
  timeline.packet(80, 1_005_041, 5041);
  for (const pts of [0, 40, 80]) timeline.frame(pts, 1_005_050);
  const captured: unknown[] = [];
  for (let i = 0; i < 3; i++) captured.push((await timeline.next())?.capturedAtMs);
  assert.deepEqual(captured, [1_000_000, 1_000_040, 1_000_080]);
});

Deno.test("Timeline never lets captured_at go back, nor lie in the future, whatever comes", async () => {
  const step = fc.record({
    passedMs: fc.integer({ min: 0, max: 3000 }),
    ptsMs: fc.integer({ min: -1e7, max: 1e7 }),
    /** Packets that are held back by a decoder, before this one is shown. */
    shown: fc.integer({ min: 0, max: 3 }),
  });
  await fc.assert(fc.asyncProperty(fc.array(step), fc.boolean(), async (steps, burst) => {
    const timeline = new Timeline({ burst });
    timeline.setClock(1 / 1000);
    const held: number[] = [];
    let nowMs = 1e12;
    let lastMs = -Infinity;
    const read = async () => {
      const { capturedAtMs } = (await timeline.next())!;
      assert.ok(capturedAtMs >= lastMs && capturedAtMs <= nowMs, `${capturedAtMs}`);
      lastMs = capturedAtMs;
    };
    let early = 0;
    for (const { passedMs, ptsMs, shown } of steps) {
      nowMs += passedMs;
      timeline.packet(ptsMs, nowMs, nowMs - 1e12);
      held.push(ptsMs);
      for (const pts of held.sort((a, b) => a - b).splice(0, shown)) {
        timeline.frame(pts, nowMs);
        early++;
      }
      for (; timeline.isSettled && early > 0; early--) await read();
    }
    timeline.end();
    for (; early > 0; early--) await read();
  }));
});

Deno.test("Timeline follows the machine's own clock when that is set back", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  const captured: unknown[] = [];
  for (let ms = 0; ms < 200; ms += 40) {
    const nowMs = 1e12 + ms - (ms >= 80 ? 3_600_000 : 0);
    timeline.packet(ms, nowMs, ms);
    timeline.frame(ms, nowMs);
    captured.push((await timeline.next())!.capturedAtMs - 1e12);
  }
  assert.deepEqual(captured, [0, 40, -3_599_920, -3_599_880, -3_599_840]);
});

Deno.test("Timeline sets back with the wall clock what came before that", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  timeline.packet(0, 10_000_000, 1000);
  timeline.packet(40, 6_400_040, 1040);
  timeline.frame(0, 6_400_060);
  timeline.frame(40, 6_400_080);
  const stamps = [await timeline.next(), await timeline.next()];
  assert.deepEqual(stamps.map((stamp) => stamp?.capturedAtMs), [6_400_000, 6_400_040]);
});

/** Frames' own times, told of stamps in milliseconds. */
async function ptsOf(stamps: readonly number[]): Promise<unknown[]> {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  for (const pts of stamps) timeline.frame(pts, 0);
  return await Promise.all(stamps.map(async () => Math.round((await timeline.next())!.ptsMs)));
}

Deno.test("Timeline takes a step back of half a second for a clock that was set, and less for jitter", async () => {
  assert.deepEqual(await ptsOf([1000, 501]), [1000, 1001]);
  assert.deepEqual(await ptsOf([1000, 500]), [1000, 500]);
  assert.deepEqual(await ptsOf([1000, 1001]), [1000, 1001]);
});

Deno.test("Timeline counts a frame without a stamp by when it came, and a millisecond at least", async () => {
  const timeline = new Timeline();
  for (const nowMs of [500, 500, 540]) timeline.frame(null, nowMs);
  timeline.setClock(1 / 1000);
  timeline.frame(null, 560);
  const times: unknown[] = [];
  for (let i = 0; i < 4; i++) times.push((await timeline.next())?.ptsMs);
  assert.deepEqual(times, [0, 1, 41, 61]);
});

Deno.test("Timeline believes no stamps that ffmpeg made up, and those of a clock that is one", async () => {
  for (const [secondsPerTick, capturedAtMs] of [[1 / 25, 1_005_000], [1 / 50, 1_000_040]]) {
    const timeline = new Timeline();
    timeline.setClock(secondsPerTick!);
    const tick = 0.04 / secondsPerTick!;
    timeline.packet(0, 1_000_000, 0);
    timeline.packet(tick, 1_005_000, 5000);
    timeline.frame(0, 1_005_000);
    timeline.frame(tick, 1_005_000);
    await timeline.next();
    assert.equal((await timeline.next())?.capturedAtMs, capturedAtMs);
  }
});

Deno.test("Timeline sets back what is known when the wall clock is set back by more than a tenth of a second", async () => {
  for (const [setMs, capturedAtMs] of [[-100, 1040], [-101, 939]]) {
    const timeline = new Timeline();
    timeline.setClock(1 / 1000);
    timeline.packet(0, 1000, 0);
    timeline.packet(40, 1040, 40);
    timeline.packet(80, 1080 + setMs!, 80);
    timeline.frame(40, 1100);
    assert.equal((await timeline.next())?.capturedAtMs, capturedAtMs);
  }
});

Deno.test("Timeline tells which frames of a segmented source are stale, and where the picture lies", async () => {
  const timeline = new Timeline();
  assert.equal(timeline.pace, null);
  timeline.setClock(1 / 1000);
  timeline.setSegments();
  const pace = timeline.pace as SegmentPace | null;
  timeline.setSegments();
  assert.equal(timeline.pace, pace);
  const contentRect = { x: 0, y: 0.1, width: 1, height: 0.8 };
  timeline.setContentRect(contentRect);
  timeline.packet(0, 100, 100);
  timeline.frame(0, 120);
  assert.deepEqual(await timeline.next(), {
    ptsMs: 0,
    capturedAtMs: 100,
    contentRect,
    stale: true,
  });
  pace!.begin();
  timeline.frame(0, 120);
  assert.deepEqual(await timeline.next(), { ptsMs: 0, capturedAtMs: 100, contentRect });
});

Deno.test("Timeline is not misled about a backlog by a packet without a time stamp", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  for (const ms of [100_000, 100_040]) timeline.packet(ms, 1_000_000 + ms, ms);
  timeline.packet(null, 1_100_050, 100_050);
  timeline.packet(100_080, 1_105_080, 105_080);
  timeline.packet(100_120, 1_105_081, 105_081);
  timeline.frame(100_080, 1_105_090);
  assert.equal((await timeline.next())?.capturedAtMs, 1_100_080);
});
/** Frames of a run whose packets `packets` came at these times; the source has to be waited for then. */
async function stampsOf(packets: readonly (readonly [pts: number, atMs: number])[]) {
  const timeline = new Timeline({ burst: true });
  for (const [index, [pts, atMs]] of packets.entries()) {
    timeline.packet(pts, 1e12 + atMs, atMs);
    if (index === 0) timeline.setClock(1 / 1000);
    timeline.frame(pts, 1e12 + atMs);
  }
  assert.equal(timeline.isReady, timeline.isSettled);
  await timeline.settled;
  const stamps = [];
  for (const _ of packets) stamps.push((await timeline.next())!);
  timeline.end();
  return stamps.map(({ ptsMs, capturedAtMs }) => [ptsMs, capturedAtMs - 1e12]);
}

Deno.test("Timeline knows how old packets are that came at once, by the first that had to be waited for", async () => {
  const stored = Array.from({ length: 26 }, (_, at) => [at * 40, 5000 + at] as const);
  // Reading stood still for a moment in between, and goes on as the source sends.
  const waited = [5200, 5240, 5280, 5320, 5360].map((atMs) => [atMs - 4160, atMs] as const);
  const stamps = await stampsOf([...stored, ...waited]);
  assert.deepEqual(stamps, [
    ...[...stored, ...waited.slice(0, 3)].map(([pts]) => [pts, 4025 + pts]),
    // From there on a little late is jitter.
    ...waited.slice(3),
  ]);
});

Deno.test("Timeline takes the last packet for fresh where no other follows for a while", async () => {
  const stamps = await stampsOf([[0, 100], [2000, 101], [4000, 102]]);
  assert.deepEqual(stamps, [[0, -3898], [2000, -1898], [4000, 102]]);
});

Deno.test("Timeline takes no wait for the edge of what is in store before ffmpeg gives a frame", async () => {
  const timeline = new Timeline({ burst: true });
  timeline.setClock(1 / 1000);
  for (const [pts, atMs] of [[0, 0], [40, 1], [80, 400]]) {
    timeline.packet(pts!, 1e12 + atMs!, atMs!);
  }
  await new Promise((resolve) => setTimeout(resolve, 550));
  assert.equal(timeline.isSettled, false);
  timeline.frame(0, 1e12 + 800);
  timeline.packet(1000, 1e12 + 801, 801);
  timeline.packet(1300, 1e12 + 1101, 1101);
  assert.equal(timeline.isSettled, true);
  assert.equal((await timeline.next())?.capturedAtMs, 1e12 - 199);
  timeline.end();
});

Deno.test("Timeline believes no clock that is wild from the start", async () => {
  assert.deepEqual(await stampsOf([[0, 100], [40, 101], [9_000_000, 102]]), [
    [0, 100],
    [40, 101],
    [9_000_000, 102],
  ]);
});

Deno.test("Timeline leaves out the first frames of what was in store, and keeps the others' times", async () => {
  const timeline = new Timeline({ burst: true });
  timeline.setClock(1 / 1000);
  timeline.leaveOut();
  for (const pts of [0, 1000, 2000]) {
    timeline.packet(pts, 1e12, 0);
    timeline.frame(pts, 1e12);
  }
  timeline.end();
  const stamps = [await timeline.next(), await timeline.next(), await timeline.next()];
  assert.deepEqual(stamps.map((stamp) => stamp?.stale ?? stamp!.capturedAtMs - 1e12), [
    ...[true, -1000, 0],
  ]);
  assert.equal(await timeline.next(), null);
});

for (
  const [what, settle] of [
    ["stamps nothing", (timeline: Timeline) => timeline.setClock(1 / 25)],
    ["comes in segments", (timeline: Timeline) => timeline.setSegments()],
    ["ends", (timeline: Timeline) => timeline.end()],
  ] as const
) {
  Deno.test(`Timeline waits for nothing where the source ${what}`, async () => {
    const timeline = new Timeline({ burst: true });
    timeline.packet(0, 1e12, 0);
    assert.equal(timeline.isSettled, false);
    settle(timeline);
    assert.equal(timeline.isSettled, true);
    await timeline.settled;
    timeline.end();
  });
}

Deno.test("Timeline counts by arrival until it is known what stamps count in", async () => {
  const timeline = new Timeline();
  timeline.frame(5, 500);
  timeline.frame(6, 540);
  const times = [(await timeline.next())?.ptsMs, (await timeline.next())?.ptsMs];
  assert.deepEqual(times, [0, 40]);
});

Deno.test("Timeline reads stamps in the clock's ticks, also where it is about what is stale", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 90_000);
  timeline.setSegments();
  timeline.packet(90_000, 1e12, 0);
  timeline.packet(180_000, 1e12 + 600, 600);
  for (const pts of [90_000, 180_000, null]) timeline.frame(pts, 1e12 + 700);
  const stamps = [await timeline.next(), await timeline.next(), await timeline.next()];
  // What has no stamp has come just now.
  assert.deepEqual(stamps.map((stamp) => stamp?.stale ?? false), [true, false, false]);
});

Deno.test("Timeline takes what came at once as it came where nothing tells how old it is", async () => {
  const settles: readonly ((timeline: Timeline) => void)[] = [
    (timeline) => timeline.end(),
    (timeline) => timeline.setClock(1 / 25),
    (timeline) => {
      timeline.setClock(1 / 1000);
      timeline.setSegments();
      timeline.pace!.begin();
    },
  ];
  for (const settle of settles) {
    const timeline = new Timeline({ burst: true });
    for (const [pts, atMs] of [[1000, 100], [3000, 150]] as const) {
      timeline.packet(pts, 1e12 + atMs, atMs);
      timeline.frame(pts, 1e12 + atMs);
    }
    settle(timeline);
    timeline.end();
    const captured = [await timeline.next(), await timeline.next()];
    assert.deepEqual(captured.map((stamp) => stamp!.capturedAtMs - 1e12), [100, 150]);
  }
});

Deno.test("Timeline says when it is settled: at once without a store, else not before what was in it is known", async () => {
  await new Timeline().settled;
  const timeline = new Timeline({ burst: true });
  let isSettled = false;
  const settled = timeline.settled.then(() => isSettled = true);
  // What it counts in is not known yet, so that no wait tells anything.
  timeline.packet(0, 1e12, 0);
  timeline.frame(0, 1e12);
  timeline.packet(300, 1e12 + 300, 300);
  for (let pts = 301; pts < 810; pts++) timeline.packet(pts, 1e12 + 300, 300);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual([isSettled, timeline.isSettled], [false, false]);
  timeline.packet(811, 1e12 + 301, 301);
  assert.equal(timeline.isSettled, true, "more than any decoder holds back");
  await settled;
});

Deno.test("Timeline waits half a second for the packet after the first frame, and no longer for the next", () => {
  const { setTimeout } = globalThis;
  const waits: [wake: () => void, ms: unknown][] = [];
  globalThis.setTimeout = ((...wait: [() => void, number]) => waits.push(wait)) as never;
  try {
    const timeline = new Timeline({ burst: true });
    timeline.setClock(1 / 1000);
    timeline.packet(0, 1e12, 0);
    for (const pts of [0, 40]) timeline.frame(pts, 1e12);
    assert.deepEqual(waits.map(([, ms]) => ms), [500]);
    waits[0]![0]();
    assert.equal(timeline.isSettled, true);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
});

/** When frames were captured that are told of once all packets have come, from the first packet on. */
async function capturedOf(
  timeline: Timeline,
  packets: readonly (readonly [pts: number, atMs: number])[],
): Promise<unknown[]> {
  for (const [pts, atMs] of packets) {
    timeline.packet(pts, 1e12 + atMs, atMs);
    timeline.frame(pts, 1e12 + atMs);
  }
  timeline.end();
  return await Promise.all(
    packets.map(async () => Math.round((await timeline.next())!.capturedAtMs - 1e12)),
  );
}

Deno.test("Timeline counts what was late in store once, and by it what comes late afterwards", async () => {
  const stored = new Timeline({ burst: true });
  stored.setClock(1 / 1000);
  assert.deepEqual(await capturedOf(stored, [[0, 0], [40, 5000]]), [0, 40]);
  const known = new Timeline({ burst: true });
  known.setClock(1 / 1000);
  assert.deepEqual(await capturedOf(known, [[1000, 0], [1250, 250], [1290, 5290]]), [0, 250, 290]);
  // Without a clock nothing is late.
  assert.deepEqual(await capturedOf(new Timeline(), [[0, 0], [40, 5000]]), [0, 5000]);
});

Deno.test("Timeline leaves out as many frames as it is to beside those that are stale anyway", async () => {
  const timeline = new Timeline();
  timeline.setClock(1 / 1000);
  timeline.setSegments();
  timeline.frame(0, 100);
  timeline.pace!.begin();
  timeline.leaveOut();
  for (const pts of [40, 80]) timeline.frame(pts, 140);
  const stamps = [await timeline.next(), await timeline.next(), await timeline.next()];
  assert.deepEqual(stamps.map((stamp) => stamp?.stale ?? false), [true, true, false]);
});
