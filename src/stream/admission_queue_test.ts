import assert from "node:assert/strict";
import fc from "fast-check";
import { AdmissionQueue } from "./admission_queue.ts";

const never = new AbortController().signal;
const patienceMs = 500;

function setUp(
  { capacity = 100, executors = 1, patience = patienceMs as number | null, nowMs = 0 } = {},
) {
  const clock = { nowMs };
  const now = () => clock.nowMs;
  const queue = new AdmissionQueue<number>({ capacity, executors, patienceMs: patience, now });
  return { clock, queue };
}

/** Frames at `fps`, and one executor that takes `workMs` for each, both on a made-up clock. */
async function run(
  queue: AdmissionQueue<number>,
  clock: { nowMs: number },
  fps: number,
  workMs: number,
) {
  const [taken, gone, ages]: [number[], number[], number[]] = [[], [], []];
  let freeAtMs = 0;
  for (let frame = 0; frame < 20 * fps; frame++) {
    const cameAtMs = frame * 1000 / fps;
    while (freeAtMs <= cameAtMs && taken.length + gone.length < frame) {
      clock.nowMs = Math.max(freeAtMs, clock.nowMs);
      const there = await queue.arrival(never);
      const next = there ? queue.take() : undefined;
      if (next === undefined) break;
      taken.push(next);
      ages.push(clock.nowMs - next * 1000 / fps);
      queue.worked(workMs);
      freeAtMs = clock.nowMs + workMs;
    }
    clock.nowMs = cameAtMs;
    gone.push(...queue.push(frame));
  }
  return { taken, gone, ages };
}

Deno.test("AdmissionQueue keeps a burst, which is worked off within the patience", async () => {
  const { clock, queue } = setUp();
  for (let frame = 0; frame < 30; frame++) assert.deepEqual(queue.push(frame), []);
  for (let frame = 0; frame < 30; frame++) {
    clock.nowMs += 15;
    assert.equal(await queue.arrival(never), true);
    assert.equal(queue.take(), frame);
  }
  assert.deepEqual(queue.push(30), []);
  assert.equal(queue.isOverloaded, false);
});

Deno.test("AdmissionQueue displaces all but the newest when it stood for too long", () => {
  const { clock, queue } = setUp();
  const gone: number[] = [];
  for (let frame = 0; frame < 20; frame++) {
    gone.push(...queue.push(frame));
    clock.nowMs += 40;
  }
  assert.equal(queue.isOverloaded, true);
  assert.deepEqual(gone, Array.from({ length: 19 }, (_, frame) => frame));
  assert.equal(queue.take(), 19);
});

Deno.test("AdmissionQueue under three times the load: results stay fresh, and gaps even", async () => {
  const { clock, queue } = setUp();
  const { taken, gone, ages } = await run(queue, clock, 25, 119);
  const settled = taken.filter((frame) => frame > 40);
  const gaps = settled.slice(1).map((frame, i) => frame - settled[i]!);
  assert.deepEqual([Math.min(...gaps), Math.max(...gaps)], [2, 3]);
  assert.ok(ages.slice(-settled.length).every((age) => age <= 80), `${ages}`);
  const all = [...taken, ...gone, ...queue.clear()].toSorted((a, b) => a - b);
  assert.deepEqual(all, Array.from({ length: 500 }, (_, frame) => frame));
});

Deno.test("AdmissionQueue keeps bursts again once nothing was displaced for a second", () => {
  const { clock, queue } = setUp();
  for (let frame = 0; frame < 20; frame++) {
    queue.push(frame);
    clock.nowMs += 40;
  }
  assert.equal(queue.isOverloaded, true);
  for (let frame = 20; queue.isOverloaded; frame++) {
    queue.take();
    queue.push(frame);
    clock.nowMs += 40;
    assert.ok(frame < 50);
  }
  for (let frame = 50; frame < 60; frame++) assert.deepEqual(queue.push(frame), []);
});

Deno.test("AdmissionQueue paces executors that end together, once they are overloaded", async () => {
  // Far from 0, so that a wait that is computed from the clock's own value never ends.
  const { clock, queue } = setUp({ executors: 4, nowMs: 1e9 });
  for (let frame = 0; frame < 20; frame++) {
    queue.push(frame);
    clock.nowMs += 40;
  }
  // One request is an outlier, the others take 40 ms each.
  for (const workMs of [40, 3000, 40, 41]) queue.worked(workMs);
  const waits: boolean[] = [];
  for (let i = 0; i < 2; i++) {
    let waited = true;
    const arrived = queue.arrival(never).then(() => waited);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    waited = false;
    // The wait is a real one, of 0.8 × 40 / 4 ms.
    waits.push(!await arrived);
    queue.take();
    queue.push(20 + i);
  }
  assert.deepEqual(waits, [false, true]);
});

Deno.test("AdmissionQueue of a source that can wait keeps everything", () => {
  const { clock, queue } = setUp({ capacity: 4, patience: null });
  for (let frame = 0; frame < 4; frame++) {
    assert.deepEqual(queue.push(frame), []);
    clock.nowMs += 10_000;
  }
  assert.equal(queue.isOverloaded, false);
});

/** The waits of two executors that come one after the other. */
async function waitsMs(queue: AdmissionQueue<number>): Promise<(number | undefined)[]> {
  const waits: (number | undefined)[] = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((wake: () => void, delayMs?: number) => {
    waits.push(delayMs);
    return setTimeout(wake);
  }) as typeof setTimeout;
  try {
    for (let frame = 100; frame < 102; frame++) {
      assert.equal(await queue.arrival(never), true);
      queue.take();
      queue.push(frame);
    }
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  return waits;
}

Deno.test("AdmissionQueue paces by the quickest of the last requests, and only while overloaded", async () => {
  const { clock, queue } = setUp({ executors: 4 });
  queue.push(0);
  queue.worked(40);
  assert.deepEqual(await waitsMs(queue), [], "no overload");
  for (let frame = 1; frame < 20; frame++) {
    queue.push(frame);
    clock.nowMs += 40;
  }
  assert.equal(queue.isOverloaded, true);
  for (const workMs of [60, 3000, 40, 41]) queue.worked(workMs);
  // A share of 0.8 of a fourth of 40 ms.
  assert.deepEqual(await waitsMs(queue), [8]);
});

Deno.test("AdmissionQueue does not pace before it is known how long a request takes", async () => {
  const { clock, queue } = setUp();
  for (let frame = 0; frame < 20; frame++) {
    queue.push(frame);
    clock.nowMs += 40;
  }
  assert.equal(queue.isOverloaded, true);
  assert.deepEqual(await waitsMs(queue), []);
});

Deno.test("AdmissionQueue does not wait for a pace that was, once requests take no time", async () => {
  const { clock, queue } = setUp();
  for (let frame = 0; frame < 20; frame++) {
    queue.push(frame);
    clock.nowMs += 40;
  }
  queue.worked(40);
  assert.deepEqual(await waitsMs(queue), [32]);
  queue.worked(0);
  assert.deepEqual(await waitsMs(queue), []);
});

Deno.test("AdmissionQueue sheds load past its patience and keeps bursts past a second of calm, not at them", () => {
  const { clock, queue } = setUp({ capacity: 9 });
  const pushAt = (nowMs: number, frame: number) => {
    clock.nowMs = nowMs;
    return queue.push(frame);
  };
  assert.deepEqual([pushAt(0, 0), pushAt(100, 1), pushAt(600, 2)], [[], [], []]);
  assert.equal(queue.isOverloaded, false);
  assert.deepEqual(pushAt(601, 3), [0, 1, 2]);
  assert.equal(queue.isOverloaded, true);
  assert.deepEqual(pushAt(1500, 4), [3], "only the newest waits");
  for (const nowMs of [1700, 2500]) {
    assert.equal(queue.take() !== undefined, true);
    assert.deepEqual(pushAt(nowMs, nowMs), []);
    assert.equal(queue.isOverloaded, true, `at ${nowMs}`);
  }
  queue.take();
  assert.deepEqual(pushAt(2501, 5), []);
  assert.equal(queue.isOverloaded, false);
  // It stands from the second frame on, as at the beginning.
  assert.deepEqual([pushAt(2600, 6), pushAt(3100, 7)], [[], []]);
  assert.deepEqual(pushAt(3101, 8), [5, 6, 7]);
});

Deno.test("AdmissionQueue forgets how long it stood when it was empty, and not before", () => {
  for (const taken of [1, 2]) {
    const { clock, queue } = setUp();
    queue.push(0);
    queue.push(1);
    for (let i = 0; i < taken; i++) assert.equal(queue.take(), i);
    clock.nowMs = 501;
    for (const frame of [2, 3]) queue.push(frame);
    assert.equal(queue.isOverloaded, taken === 1, `${taken} taken`);
  }
});

Deno.test("AdmissionQueue that is full when it becomes too slow gives back all in order", () => {
  const { clock, queue } = setUp({ capacity: 3 });
  for (const frame of [0, 1, 2]) queue.push(frame);
  assert.deepEqual(queue.push(3), [0]);
  clock.nowMs = 501;
  assert.deepEqual(queue.push(4), [1, 2, 3]);
  assert.equal(queue.size, 1);
});

Deno.test("AdmissionQueue forgets a quick request after one more than it has executors", async () => {
  const { clock, queue } = setUp({ executors: 2 });
  for (const frame of [0, 1]) queue.push(frame);
  clock.nowMs = 501;
  queue.push(2);
  for (const workMs of [20, 50, 60, 70]) queue.worked(workMs);
  // A share of 0.8 of half of 50 ms.
  assert.deepEqual(await waitsMs(queue), [20]);
});

Deno.test("AdmissionQueue that was closed says so, once it is empty", async () => {
  const { queue } = setUp();
  queue.push(0);
  queue.close();
  assert.equal(await queue.arrival(never), true);
  assert.equal(queue.take(), 0);
  assert.equal(await queue.arrival(never), false);
  const busy = setUp();
  for (const frame of [0, 1]) busy.queue.push(frame);
  busy.clock.nowMs = 501;
  busy.queue.push(2);
  busy.queue.worked(100);
  busy.queue.clear();
  busy.queue.close();
  assert.deepEqual([busy.queue.isOverloaded, await busy.queue.arrival(never)], [true, false]);
});

Deno.test("AdmissionQueue has space once a frame is taken", async () => {
  const { queue } = setUp({ capacity: 1 });
  await queue.space();
  queue.push(0);
  let hasSpace = false;
  const space = queue.space().then(() => hasSpace = true);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(hasSpace, false);
  queue.take();
  await space;
});

Deno.test("AdmissionQueue gives back each frame once, in order, and keeps no more than it may", () => {
  const step = fc.record({
    passedMs: fc.constantFrom(0, 40, 600, 2000),
    take: fc.boolean(),
  });
  const patience = fc.constantFrom(null, 500);
  fc.assert(fc.property(
    fc.array(step, { maxLength: 80 }),
    fc.integer({ min: 1, max: 6 }),
    patience,
    (steps, capacity, patience) => {
      const { clock, queue } = setUp({ capacity, patience });
      const gone: number[] = [];
      const taken: number[] = [];
      for (const [frame, { passedMs, take }] of steps.entries()) {
        clock.nowMs += passedMs;
        gone.push(...queue.push(frame));
        assert.ok(queue.size <= (queue.isOverloaded ? 1 : capacity));
        const next = take ? queue.take() : undefined;
        if (next !== undefined) taken.push(next);
      }
      const all = [...taken, ...gone, ...queue.clear()];
      assert.deepEqual(all.toSorted((a, b) => a - b), steps.map((_, frame) => frame));
      for (const list of [taken, gone]) {
        assert.deepEqual(list, list.toSorted((a, b) => a - b));
      }
      if (patience === null) assert.equal(queue.isOverloaded, false);
    },
  ));
});
