import assert from "node:assert/strict";
import fc from "fast-check";
import { CaptureClock, jitterMs } from "./capture_clock.ts";

/** A camera, its clock, and a reader that sleeps once. */
const scene = fc.record({
  intervalMs: fc.integer({ min: 10, max: 200 }),
  /** Of each packet, on its way. */
  jitters: fc.array(fc.integer({ min: 0, max: 80 }), { minLength: 50, maxLength: 400 }),
  /** Of the camera's clock, in millionths. */
  drift: fc.integer({ min: -200, max: 200 }),
  ptsStartMs: fc.integer({ min: 0, max: 1e9 }),
  /** The packet before which the reader falls asleep. */
  stopAt: fc.integer({ min: 20, max: 40 }),
  stopMs: fc.integer({ min: 0, max: 120_000 }),
  /** How many times faster than in real time a backlog is read. */
  speed: fc.double({ min: 1.5, max: 100, noNaN: true }),
});

interface Packet {
  readonly ptsMs: number;
  /** When it would have been read by a reader that never sleeps. */
  readonly cameAtMs: number;
  readonly readAtMs: number;
}

function packetsOf({ intervalMs, jitters, drift, ptsStartMs, stopAt, stopMs, speed }: Scene) {
  const wakesAtMs = stopAt * intervalMs + stopMs;
  // While the reader sleeps the camera goes on.
  const count = jitters.length + Math.ceil(stopMs / intervalMs);
  const packets: Packet[] = [];
  let freeAtMs = 0;
  for (let i = 0; i < count; i++) {
    const cameAtMs = Math.max(
      packets[i - 1]?.cameAtMs ?? 0,
      i * intervalMs + jitters[i % jitters.length]!,
    );
    const asleep = i >= stopAt && cameAtMs < wakesAtMs;
    const readAtMs = Math.max(asleep ? wakesAtMs : cameAtMs, freeAtMs);
    freeAtMs = readAtMs + (readAtMs > cameAtMs ? intervalMs / speed : 0);
    packets.push({ ptsMs: ptsStartMs + i * intervalMs * (1 + drift / 1e6), cameAtMs, readAtMs });
  }
  return packets;
}

type Scene = typeof scene extends fc.Arbitrary<infer S> ? S : never;

Deno.test("CaptureClock finds nothing late while all that delays is jitter", () => {
  fc.assert(fc.property(scene, (given) => {
    const clock = new CaptureClock();
    for (const { ptsMs, readAtMs } of packetsOf({ ...given, stopMs: 0 })) {
      assert.equal(clock.latenessMs(ptsMs, readAtMs), 0);
    }
  }));
});

Deno.test("CaptureClock knows how old each packet of a backlog is, however long it slept", () => {
  fc.assert(fc.property(scene, (given) => {
    const clock = new CaptureClock();
    for (const { ptsMs, cameAtMs, readAtMs } of packetsOf(given)) {
      const errorMs = clock.latenessMs(ptsMs, readAtMs) - (readAtMs - cameAtMs);
      // A hundred milliseconds of drift would take longer than any of these runs.
      assert.ok(Math.abs(errorMs) <= jitterMs + 100, `${errorMs} ms`);
    }
  }));
});

Deno.test("CaptureClock believes a camera that paused to be late for a moment only", () => {
  fc.assert(fc.property(scene, (given) => {
    const clock = new CaptureClock();
    const { stopAt, stopMs, intervalMs } = given;
    let seenSinceMs: number | null = null;
    packetsOf({ ...given, stopMs: 0 }).forEach(({ ptsMs, readAtMs }, i) => {
      const nowMs = readAtMs + (i < stopAt ? 0 : stopMs);
      if (i === stopAt) seenSinceMs = nowMs;
      const lateMs = clock.latenessMs(ptsMs, nowMs);
      // What jitters may seem to catch up at first, but not twice.
      const doubtMs = 600 + 2 * intervalMs;
      if (seenSinceMs === null || nowMs - seenSinceMs > doubtMs) assert.equal(lateMs, 0);
    });
  }));
});

Deno.test("CaptureClock is at peace at once with a clock that was set back, or forward", () => {
  const clock = new CaptureClock();
  const lateness = [0, 40, 80, 3_600_120, 3_600_160, 200, 240].map((ptsMs, i) => {
    return clock.latenessMs(ptsMs, i * 40);
  });
  assert.deepEqual(lateness, [0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("CaptureClock follows a clock that runs 20 % slow: never later than a doubt", () => {
  const clock = new CaptureClock();
  for (let i = 0; i < 5000; i++) {
    const lateMs = clock.latenessMs(i * 40, i * 50);
    assert.ok(lateMs <= jitterMs + 100, `${lateMs} ms at packet ${i}`);
  }
});

Deno.test("CaptureClock never makes a packet older than the stream, whatever the time stamps", () => {
  const step = fc.record({
    passedMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
    ptsMs: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  });
  fc.assert(fc.property(fc.array(step), (steps) => {
    const clock = new CaptureClock();
    let nowMs = 0;
    let startMs: number | null = null;
    for (const { passedMs, ptsMs } of steps) {
      nowMs += passedMs;
      startMs ??= nowMs;
      const lateMs = clock.latenessMs(ptsMs, nowMs);
      // Packets in another order than they are shown in lie up to 2 s apart.
      assert.ok(lateMs >= 0 && lateMs <= nowMs - startMs + 2000, `${lateMs} ms`);
    }
  }));
});
