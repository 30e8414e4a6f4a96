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
    // A pause that may pass for jitter is one, now and then.
    fc.pre(stopMs <= jitterMs - 80 || stopMs > jitterMs + 80);
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

/** A camera that stamps its frames by a clock of its own, each read as it comes. */
function lateByArrival(speed: number, intervalMs: number, count: number): number[] {
  const clock = new CaptureClock();
  return Array.from(
    { length: count },
    (_, i) => clock.latenessMs(i * intervalMs * speed, i * intervalMs),
  );
}

Deno.test("CaptureClock believes arrival where stamps are no clock: a camera of 1 frame in 2 s", () => {
  // Stamped 40 ms apart, as HTTP MJPEG is: no more than the first can be taken for a backlog.
  assert.deepEqual(lateByArrival(0.02, 2000, 100).map((ms) => ms > 0), [
    ...[false, true],
    ...Array.from({ length: 98 }, () => false),
  ]);
});

Deno.test("CaptureClock follows a drift of up to 20 %, and soon takes nothing for late", () => {
  const speed = fc.double({ min: 0.8, max: 1.2, noNaN: true });
  fc.assert(fc.property(speed, fc.integer({ min: 10, max: 1000 }), (speed, intervalMs) => {
    const late = lateByArrival(speed, intervalMs, Math.ceil(60_000 / intervalMs));
    const doubtMs = jitterMs + 100 + 0.2 * intervalMs;
    assert.ok(late.every((ms) => ms <= doubtMs), `${Math.max(...late)} ms`);
    assert.ok(
      Math.abs(1 - speed) < 0.05 || !late.slice(Math.ceil(20_000 / intervalMs)).some(Boolean),
    );
  }));
});

Deno.test("CaptureClock is not misled by single stamps, however wrong: nothing is late", () => {
  const outlier = fc.record({
    at: fc.integer({ min: 5, max: 95 }),
    offMs: fc.integer({ min: -40_000_000, max: 40_000_000 }),
  });
  const outliers = fc.uniqueArray(outlier, {
    selector: ({ at }) => Math.floor(at / 2),
    maxLength: 9,
  });
  fc.assert(fc.property(outliers, fc.integer({ min: 10, max: 200 }), (given, intervalMs) => {
    const clock = new CaptureClock();
    const wrong = new Map(given.map(({ at, offMs }) => [at, offMs]));
    for (let i = 0; i < 100; i++) {
      const lateMs = clock.latenessMs(i * intervalMs + (wrong.get(i) ?? 0), i * intervalMs);
      assert.ok(lateMs <= 3 * jitterMs, `${lateMs} ms at ${i}`);
    }
  }));
});

Deno.test("CaptureClock believes a clock again that was wrong for a while", () => {
  const clock = new CaptureClock();
  const late = (fromMs: number, untilMs: number, pts: (ms: number) => number) => {
    let late = 0;
    for (let ms = fromMs; ms < untilMs; ms += 40) late = clock.latenessMs(pts(ms), ms);
    return late;
  };
  late(0, 10_000, (ms) => ms * 0.8);
  late(10_000, 60_000, (ms) => ms - 2000);
  // A backlog of five seconds, the first of it.
  assert.equal(clock.latenessMs(58_000, 65_000), 5000);
});

/** How late the last of these packets is, each `[ptsMs, nowMs]`. */
function lastLate(packets: readonly (readonly [number, number])[]): number | undefined {
  const clock = new CaptureClock();
  return packets.map(([ptsMs, nowMs]) => clock.latenessMs(ptsMs, nowMs)).at(-1);
}

const steady = Array.from({ length: 10 }, (_, at) => [at * 40, 1000 + at * 40] as const);

Deno.test("CaptureClock takes up to a fifth of a second for jitter", () => {
  assert.equal(lastLate([...steady, [400, 1600]]), 0);
  assert.equal(lastLate([...steady, [400, 1601]]), 201);
});

Deno.test("CaptureClock takes a stamp that lies up to two seconds back for a picture in another order", () => {
  const long = Array.from({ length: 100 }, (_, at) => [at * 40, 1000 + at * 40] as const);
  assert.equal(lastLate([...long, [1960, 5241]]), 281, "no more than passed");
  assert.equal(lastLate([...long, [1959, 5241]]), 0, "the clock was set");
});

Deno.test("CaptureClock judges what is late after 300 ms, by whether it has caught up", () => {
  const late = [...steady, [400, 6400], [440, 6401]] as const;
  // What is as late as before is no backlog.
  assert.equal(lastLate([...late, [699, 6699]]), 5000);
  assert.equal(lastLate([...late, [700, 6700]]), 0);
  // In 300 ms it must have caught up 45.
  assert.equal(lastLate([...late, [744, 6700]]), 0);
  assert.equal(lastLate([...late, [745, 6700]]), 4955);
  assert.equal(lastLate([...late, [746, 6700]]), 4954);
});

Deno.test("CaptureClock believes a camera that paused once, and knows the next backlog", () => {
  const clock = new CaptureClock();
  const begin = 1e6;
  for (let ms = 0; ms < 2000; ms += 40) clock.latenessMs(ms, begin + ms);
  // From here on everything comes a second later than before.
  for (let ms = 2000; ms < 6000; ms += 40) clock.latenessMs(ms, begin + ms + 1000);
  assert.equal(clock.latenessMs(6000, begin + 7000), 0);
  assert.equal(clock.latenessMs(6040, begin + 12_040), 5000);
});

Deno.test("CaptureClock believes no clock any more that runs at half the speed", () => {
  const clock = new CaptureClock();
  const late = Array.from({ length: 200 }, (_, at) => clock.latenessMs(at * 20, 1e6 + at * 40));
  assert.ok(late.slice(0, 25).some((ms) => ms > 0));
  assert.ok(late.slice(25).every((ms) => ms === 0), `${late}`);
});

Deno.test("CaptureClock forgets how prompt packets were a minute ago: clocks drift", () => {
  const clock = new CaptureClock();
  // Three thousandths slow: in five minutes that is nearly a second.
  for (let ms = 0; ms < 300_000; ms += 40) {
    assert.equal(clock.latenessMs(ms * 0.997, ms), 0, `${ms}`);
  }
});

/** Lateness of a backlog of 5 s that comes 30 s, or less, after a clock that was wrong was set once more. */
function lateAfter(watchedMs: number, wobbleMs: (packet: number) => number): number {
  const clock = new CaptureClock();
  for (let ms = 0; ms < 10_000; ms += 40) clock.latenessMs(ms * 0.8, ms);
  for (let at = 0; at * 40 <= watchedMs; at++) {
    clock.latenessMs(at * 40 + wobbleMs(at), 10_000 + at * 40);
  }
  return clock.latenessMs(watchedMs + 40, 10_000 + watchedMs + 5040);
}

Deno.test("CaptureClock believes a clock again that ran with the packets for half a minute", () => {
  assert.equal(lateAfter(29_960, () => 0), 0);
  assert.equal(lateAfter(30_000, () => 0), 5000);
  // Packets that are up to a fifth of a second apart are jitter, from wherever that is counted.
  assert.equal(lateAfter(30_000, (at) => at % 2 === 0 ? 0 : 200), 5000);
  assert.equal(lateAfter(30_000, (at) => at % 2 === 0 ? 0 : 201), 0);
  assert.equal(lateAfter(30_000, (at) => [0, 150, -150, 0][at % 4]! * Number(at < 740)), 0);
});

Deno.test("CaptureClock doubts a clock whose lateness grows by more than a tenth of a second, or stays again within half a minute", () => {
  /** How late a backlog of 5 s is, after packets that come 5 s late from `late` on. */
  const lateAfter = (...stays: readonly (readonly [fromMs: number, grownMs: number])[]) => {
    const clock = new CaptureClock();
    let [offsetMs, ms] = [0, 0];
    const run = (untilMs: number, stepMs = 20) => {
      for (; ms < untilMs; ms += stepMs) clock.latenessMs(ms - offsetMs, ms);
    };
    for (const [fromMs, grownMs] of stays) {
      run(fromMs);
      offsetMs += 5000;
      ms += 5000;
      run(fromMs + 5300);
      offsetMs += grownMs;
      run(fromMs + 5320);
    }
    run(ms + 1000);
    return clock.latenessMs(ms - offsetMs, ms + 5000);
  };
  assert.equal(lateAfter([1000, 0]), 5000);
  assert.equal(lateAfter([1000, 100]), 5000);
  assert.equal(lateAfter([1000, 101]), 0);
  assert.equal(lateAfter([1000, 0], [31_000, 0]), 5000);
  assert.equal(lateAfter([1000, 0], [30_980, 0]), 0);
});
