import assert from "node:assert/strict";
import fc from "fast-check";
import { SteadyClock } from "./steady_clock.ts";

/** What the clock tells of frames, each `[ptsMs, capturedMs]`. */
function tell(frames: readonly (readonly [number, number])[], live = true): number[] {
  const clock = new SteadyClock(live);
  return frames.map(([ptsMs, capturedMs]) => clock.next(ptsMs, capturedMs, 0, 0));
}

const every = (stepMs: number, count: number) =>
  Array.from({ length: count }, (_, at) => at * stepMs);

Deno.test("SteadyClock tells the stream's own times, whatever the jitter of their arrival", () => {
  const scene = fc.record({
    intervalMs: fc.integer({ min: 5, max: 5000 }),
    jitters: fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 2, maxLength: 100 }),
  });
  fc.assert(fc.property(scene, ({ intervalMs, jitters }) => {
    const told = tell(jitters.map((ms, at) => [7 + at * intervalMs, 1000 + at * intervalMs + ms]));
    assert.deepEqual(told, jitters.map((_, at) => 7 + at * intervalMs));
  }));
});

Deno.test("SteadyClock leaves out what single stamps are off by, and a clock that is set", () => {
  const frames = every(100, 100).map((ms, at) => {
    const wrongMs = at === 20 ? 37_600_000 : at === 40 ? -9800 : at >= 60 ? -7_200_000 : 0;
    return [ms + wrongMs, ms] as const;
  });
  assert.deepEqual(tell(frames), every(100, 100));
});

Deno.test("SteadyClock goes on over a gap, and with the stamps of the next run", () => {
  assert.deepEqual(tell([[0, 0], [40, 40], [0, 3040], [40, 3080]]), [0, 40, 3040, 3080]);
});

Deno.test("SteadyClock never goes back nor far from the time that passed, whatever is stamped", () => {
  const step = fc.record({
    passedMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
    ptsMs: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const clock = new SteadyClock(true);
    let capturedMs = 0;
    let startMs: number | null = null;
    let lastMs = -Infinity;
    let count = 0;
    for (const { passedMs, ptsMs } of steps) {
      capturedMs += passedMs;
      const toldMs: number = clock.next(ptsMs, capturedMs, 0, 0);
      startMs ??= toldMs - capturedMs;
      assert.ok(toldMs > lastMs, `${toldMs} after ${lastMs}`);
      // A millisecond for each frame that came together with another.
      const errorMs: number = toldMs - capturedMs - startMs;
      assert.ok(Math.abs(errorMs) <= 501 + count++, `${errorMs} ms`);
      lastMs = toldMs;
    }
  }));
});

Deno.test("SteadyClock follows a clock that drifts by up to 20 %, and one that is none", () => {
  const rate = fc.oneof(fc.double({ min: 0.8, max: 1.2, noNaN: true }), fc.constant(0.02));
  fc.assert(fc.property(rate, fc.integer({ min: 20, max: 2000 }), (speed, intervalMs) => {
    every(intervalMs, 500).reduce((clock, ms) => {
      const toldMs = clock.next(ms * speed, ms, 0, 0);
      assert.ok(Math.abs(toldMs - ms) <= 500.001, `${toldMs} at ${ms}`);
      return clock;
    }, new SteadyClock(true));
  }));
});

Deno.test("SteadyClock is not moved by a machine whose own clock is set", () => {
  const clock = new SteadyClock(true);
  const told = every(40, 50).map((ms, at) => {
    const wallMs = 1e12 + ms + (at < 25 ? 0 : -3_600_000);
    return clock.next(ms, wallMs, wallMs + 5, ms + 5);
  });
  assert.deepEqual(told, every(40, 50));
});

Deno.test("SteadyClock takes a file's times as they are, but for steps back", () => {
  const times = [[0, 0], [40, 0], [90_000, 0], [90_000, 0], [89_960, 0], [5, 0], [45, 0]] as const;
  const told = tell(times, false);
  assert.deepEqual(told.slice(0, 5), [0, 40, 90_000, 90_001, 90_002]);
  assert.ok(told[5]! > 90_002 && told[6]! > told[5]!, `${told}`);
});

Deno.test("SteadyClock takes a step that is off by half a second, and bridges one that is off by more", () => {
  // Captured 100 ms apart; the stamp says 500 ms more or less.
  assert.deepEqual(tell([[0, 0], [400, 100], [500, 200]]), [0, 400, 500]);
  assert.deepEqual(tell([[0, 0], [600, 100], [700, 200]]), [0, 600, 700]);
  assert.deepEqual(tell([[0, 0], [601, 100], [701, 200]]), [0, 100, 200]);
  assert.deepEqual(tell([[0, 0], [1000, 1000], [601, 1100]]), [0, 1000, 1001]);
  assert.deepEqual(tell([[0, 0], [1000, 1000], [599, 1100], [699, 1200]]), [0, 1000, 1100, 1200]);
});

Deno.test("SteadyClock stays within half a second of the time that passed, on either side", () => {
  const ahead = tell(Array.from({ length: 8 }, (_, at) => [at * 200, at * 100] as const));
  assert.deepEqual(ahead, [0, 200, 400, 600, 800, 1000, 1100, 1200]);
  const behind = tell(Array.from({ length: 6 }, (_, at) => [at * 100, at * 300] as const));
  assert.deepEqual(behind, [0, 100, 200, 400, 700, 1000]);
});

Deno.test("SteadyClock goes on over a step back in a file by its last step, of half a second at most", () => {
  assert.deepEqual(tell([[0, 0], [40, 0], [80, 0], [-421, 0], [-381, 0]], false), [
    ...[0, 40, 80, 120, 160],
  ]);
  assert.deepEqual(tell([[0, 0], [40, 0], [-460, 0]], false), [0, 40, 41]);
  assert.deepEqual(tell([[0, 0], [700, 0], [0, 0]], false), [0, 700, 1200]);
  assert.deepEqual(tell([[900, 0], [0, 0]], false), [900, 901]);
});

Deno.test("SteadyClock knows the time of capture by the clock that never is set", () => {
  const clock = new SteadyClock(true);
  assert.equal(clock.next(0, 1_000_000, 1_000_050, 7050), 0);
  // The stamp is wrong by far: 300 ms passed since.
  assert.equal(clock.next(50_000, 2_000_000, 2_000_100, 7400), 300);
});

Deno.test("SteadyClock takes no step back, and no stamp that repeats, for a file's last step", () => {
  assert.deepEqual(tell([[0, 0], [40, 0], [20, 0], [-600, 0]], false), [0, 40, 41, 81]);
  assert.deepEqual(tell([[0, 0], [40, 0], [40, 0], [-600, 0]], false), [0, 40, 41, 81]);
});

Deno.test("SteadyClock goes on exactly as the stream does behind a jump, whatever the jitter of arrival", () => {
  const frames = [[0, 0], [40, 40], [0, 3040], [40, 3100], [80, 3105], [120, 3160]] as const;
  assert.deepEqual(tell(frames), [0, 40, 3040, 3080, 3120, 3160]);
  assert.deepEqual(tell([[0, 0], [40, 0], [-700, 0], [-650, 0], [-600, 0]], false), [
    ...[0, 40, 80, 130, 180],
  ]);
});
