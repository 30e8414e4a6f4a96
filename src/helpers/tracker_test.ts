import assert from "node:assert/strict";
import fc from "fast-check";
import type { Detection } from "../frame/analysis.ts";
import { createTracker, type TrackerOptions } from "./tracker.ts";

function person(x: number, confidence = 0.9, y = 0.5): Detection {
  return { label: "person", labelId: 0, confidence, box: { x, y, width: 0.1, height: 0.2 } };
}

/** Ids by frame of a tracker that is shown the frames, 100 ms apart. */
function follow(frames: readonly (readonly Detection[])[], options?: TrackerOptions): number[][] {
  const tracker = createTracker(options);
  return frames.map((detections, at) =>
    tracker.update(detections, 100 * at).map(({ trackId }) => trackId)
  );
}

Deno.test("createTracker() reports an object from its third sighting on", () => {
  assert.deepEqual(follow([[person(0)], [person(0)], [person(0)], [person(0)]]), [[], [], [1], [
    1,
  ]]);
});

Deno.test("createTracker() begins no track with what is seen once or hardly", () => {
  const once = [[person(0)], [], [person(0)], [], [person(0)], []];
  assert.deepEqual(follow(once).flat(), []);
  assert.deepEqual(follow(once, { minHits: 1 }).flat(), [1, 1, 1]);
  assert.deepEqual(follow(Array.from({ length: 9 }, () => [person(0, 0.45)])).flat(), []);
});

Deno.test("createTracker() follows a doubtful detection, but only of a track just seen", () => {
  const known = [[person(0)], [person(0)], [person(0)]];
  assert.deepEqual(follow([...known, [person(0, 0.2)], [person(0, 0.2)]]).slice(3), [[1], [1]]);
  assert.deepEqual(follow([...known, [person(0, 0.05)]]).at(-1), []);
  assert.deepEqual(follow([...known, [], [person(0, 0.2)]]).at(-1), []);
});

Deno.test("createTracker() keeps the number of an object that walks on while unseen", () => {
  const walk = Array.from({ length: 30 }, (_, at) => at > 10 && at < 20 ? [] : [person(0.02 * at)]);
  assert.deepEqual(follow(walk).at(-1), [1]);
  assert.deepEqual(follow(walk, { lostBufferMs: 500 }).at(-1), [2]);
});

Deno.test("createTracker() does not let an object grow while it is unseen", () => {
  const sized = (size: number): Detection => ({
    ...person(0),
    box: { x: 0.5 - size / 2, y: 0.5 - size / 2, width: size, height: size },
  });
  const coming = Array.from({ length: 6 }, (_, at) => [sized(0.1 + 0.02 * at)]);
  const hidden = Array.from({ length: 15 }, () => []);
  assert.deepEqual(follow([...coming, ...hidden, [sized(0.22)]]).at(-1), [1]);
  // One that is larger would reach as far as there.
  const beside = sized(0.2);
  const aside = { ...beside, box: { ...beside.box, x: beside.box.x + 0.15 } };
  assert.deepEqual(follow([...coming, ...hidden, [aside]]).at(-1), []);
});

Deno.test("createTracker() keeps two numbers apart where paths cross", () => {
  const frames = Array.from({ length: 41 }, (_, at) => [
    person(0.02 * at, 0.9, 0.40),
    person(0.8 - 0.02 * at, 0.9, 0.45),
  ]);
  for (const ids of follow(frames).slice(2)) assert.deepEqual(ids, [1, 2]);
});

Deno.test("createTracker() finds an object again that strayed while it was hidden, and no other class", () => {
  const walk = Array.from({ length: 12 }, (_, at) => [person(0.02 * at)]);
  const hidden = Array.from({ length: 5 }, () => []);
  // It would be at 0.34: it went slower, and overlaps with that by less than a tenth.
  assert.deepEqual(follow([...walk, ...hidden, [person(0.255)]]).at(-1), [1]);
  const car = { ...person(0.255), labelId: 2 };
  assert.deepEqual(follow([...walk, ...hidden, [car], [car], [car]]).at(-1), [2]);
  assert.deepEqual(follow([...walk, ...hidden, [person(0.2)]]).at(-1), []);
});

Deno.test("createTracker() lets an object change its class only when told to", () => {
  const car = { ...person(0), labelId: 2, label: "car" };
  const truck = { ...car, labelId: 7, label: "truck" };
  const frames = [[car], [car], [car], [truck], [truck], [truck]];
  assert.deepEqual(follow(frames), [[], [], [1], [], [], [2]]);
  assert.deepEqual(follow(frames, { perClass: false }), [[], [], [1], [1], [1], [1]]);
});

Deno.test("createTracker() measures time, not frames", () => {
  const tracker = createTracker();
  const at = (ms: number) => tracker.update([person(0.0002 * ms)], ms)[0]?.trackId;
  // 0.02 in 100 ms; then 700 ms without a frame, in which it moves by more than its own width.
  assert.deepEqual([0, 100, 200, 300, 1000, 1100].map(at), [undefined, undefined, 1, 1, 1, 1]);
});

Deno.test("createTracker() starts again when the clock goes back, and bears one that stands", () => {
  const tracker = createTracker({ minHits: 2 });
  const at = (ms: number) => tracker.update([person(0)], ms)[0]?.trackId;
  assert.deepEqual([5000, 5000, 5000, 10, 50].map(at), [undefined, 1, 1, undefined, 2]);
});

Deno.test("createTracker() keeps what else a detection carries, and changes no input", () => {
  const tracker = createTracker({ minHits: 1 });
  const given = Object.freeze({ ...person(0), mask: [1, 2] });
  assert.deepEqual(tracker.update(Object.freeze([given]), 0), [{ ...given, trackId: 1 }]);
});

Deno.test("createTracker() gives no number to what is not finite", () => {
  const frames = Array.from({ length: 4 }, () => [person(NaN), person(0), person(0.5, NaN)]);
  assert.deepEqual(follow(frames), [[], [], [1], [1]]);
});

Deno.test("createTracker() never gives one number twice in a frame", () => {
  const part = fc.double({ min: 0, max: 0.6, noNaN: true });
  const frame = fc.array(
    fc.tuple(part, part, fc.double({ min: 0, max: 1, noNaN: true })).map(([x, y, confidence]) => ({
      ...person(x, confidence, y),
      box: { x, y, width: 0.4, height: 0.4 },
    })),
    { maxLength: 12 },
  );
  fc.assert(fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
    for (const ids of follow(frames, { minHits: 1 })) assert.equal(new Set(ids).size, ids.length);
  }));
});

Deno.test("createTracker() refuses options and times that are out of bounds", () => {
  const cases: [TrackerOptions, string][] = [
    [{ highConfidence: 50 }, "highConfidence is 50, allowed is 0 to 1"],
    [{ lostBufferMs: -1 }, "lostBufferMs is -1, allowed is a number from 0"],
    [{ minHits: 0 }, "minHits is 0, allowed is a whole number from 1"],
  ];
  for (const [options, what] of cases) {
    assert.throws(() => createTracker(options), {
      name: "RangeError",
      message: `Cannot make a tracker: ${what}`,
    });
  }
  assert.throws(() => createTracker().update([], NaN), {
    name: "RangeError",
    message: "Cannot track: ptsMs is NaN, allowed is a finite number",
  });
});

Deno.test("createTracker() takes confidences at their bounds", () => {
  const known = [[person(0)], [person(0)], [person(0)]];
  const after = (confidence: number, options?: TrackerOptions) =>
    follow([...known, [person(0, confidence)]], options).at(-1);
  assert.deepEqual([after(0.1), after(0.0999)], [[1], []]);
  assert.deepEqual(follow([[person(0, 0.5)]], { minHits: 1 }), [[1]]);
  assert.deepEqual(follow([[person(0, 0.4999)]], { minHits: 1 }), [[]]);
  // What is trusted continues a track that was hidden for a frame, what is doubtful does not.
  const hidden = (confidence: number) => follow([...known, [], [person(0, confidence)]]).at(-1);
  assert.deepEqual([hidden(0.4), hidden(0.3999)], [[1], []]);
});

Deno.test("createTracker() keeps a number for just so long as it is told", () => {
  const after = (ms: number) => {
    const tracker = createTracker({ minHits: 1, lostBufferMs: 500 });
    tracker.update([person(0)], 1000);
    return tracker.update([person(0)], 1000 + ms)[0]?.trackId;
  };
  assert.deepEqual([after(500), after(501)], [1, 2]);
});

Deno.test("createTracker() takes options at their bounds, and none beyond", () => {
  createTracker({
    highConfidence: 1,
    lowConfidence: 0,
    newConfidence: 1,
    lostBufferMs: 0,
    minHits: 1,
  });
  for (const key of ["highConfidence", "lowConfidence", "newConfidence"] as const) {
    for (const value of [-0.01, 1.01, NaN]) {
      assert.throws(() => createTracker({ [key]: value }), {
        message: `Cannot make a tracker: ${key} is ${value}, allowed is 0 to 1`,
      });
    }
  }
  for (const options of [{ minHits: 1.5 }, { lostBufferMs: NaN }]) {
    assert.throws(() => createTracker(options), RangeError);
  }
  assert.throws(() => createTracker({ minHit: 1 } as object), {
    name: "TypeError",
    message: /^Cannot make a tracker: "minHit" is no option, there are highConfidence, /,
  });
});

Deno.test("createTracker() takes a trusted detection for a track by a fifth of overlap, weighed by its confidence", () => {
  // Boxes as wide as high, beside each other by so much: IoU is (1 - by) / (1 + by).
  const square = (x: number, confidence = 1): Detection => ({
    ...{ label: "a", labelId: 0, confidence },
    box: { x, y: 0.3, width: 0.1, height: 0.1 },
  });
  const still = Array.from({ length: 30 }, () => [square(0.3)]);
  // A doubtful one needs half, and is not weighed.
  const doubtful = (by: number) => follow([...still, [square(0.3 + by * 0.1, 0.35)]]).at(-1);
  assert.deepEqual([doubtful(0.3), doubtful(0.37)], [[1], []]);
  const trusted = (confidence: number) => follow([...still, [square(0.36, confidence)]]).at(-1);
  assert.deepEqual([trusted(0.85), trusted(0.75)], [[1], []]);
});

Deno.test("createTracker() finds one that strayed within half of its size, and no farther", () => {
  const still = Array.from({ length: 12 }, () => [person(0.3)]);
  const hidden = Array.from({ length: 5 }, () => []);
  // Half of its height is a tenth of the picture, which is its whole width.
  const strayed = (x: number, y = 0.5) =>
    follow([...still, ...hidden, [person(0.3 + x, 0.9, y)]]).at(-1);
  assert.deepEqual([strayed(0.099), strayed(-0.099), strayed(0.101), strayed(-0.101)], [
    ...[[1], [1], [], []],
  ]);
  const wide = (y: number): Detection => ({
    ...person(0),
    box: { x: 0.3, y, width: 0.2, height: 0.1 },
  });
  const lying = Array.from({ length: 12 }, () => [wide(0.5)]);
  const gone = Array.from({ length: 18 }, () => []);
  const fell = (y: number) => follow([...lying, ...gone, [wide(0.5 + y)]]).at(-1);
  assert.deepEqual([fell(0.099), fell(-0.099), fell(0.101), fell(-0.101)], [
    ...[[1], [1], [], []],
  ]);
});

Deno.test("createTracker() confirms no object that missed a frame before it was confirmed", () => {
  const seen = [[person(0)], [person(0)], [], [person(0)], [person(0)], [person(0)]];
  assert.deepEqual(follow(seen), [[], [], [], [], [], [1]]);
});

/** A square that is seen at a place, and beside it by a share of its width. */
const square = (by: number, confidence = 1): Detection => ({
  ...{ label: "a", labelId: 0, confidence },
  box: { x: 0.3 + by * 0.1, y: 0.3, width: 0.1, height: 0.1 },
});

Deno.test("createTracker() confirms an object that overlaps by three tenths, weighed by its confidence", () => {
  // Of squares beside each other by a share the overlap is (1 − share) / (1 + share).
  const twice = (by: number, confidence: number) =>
    follow([[square(0)], [square(by, confidence)]], { minHits: 2 }).at(-1);
  assert.deepEqual([twice(0.5, 1), twice(0.6, 1)], [[1], []]);
  assert.deepEqual([twice(0.3, 0.6), twice(0.3, 0.55)], [[1], []]);
});

Deno.test("createTracker() takes what is near for another object where the place is known well", () => {
  const still = Array.from({ length: 30 }, () => [person(0.3)]);
  assert.deepEqual(follow([...still, [person(0.395)]]).at(-1), []);
  // After a while unseen it may be there.
  const hidden = Array.from({ length: 5 }, () => []);
  assert.deepEqual(follow([...still, ...hidden, [person(0.395)]]).at(-1), [1]);
});

Deno.test("createTracker() lets no lost object take the detection of one beside it", () => {
  const two = Array.from({ length: 12 }, () => [person(0.3), person(0.36)]);
  const after = follow([...two, [person(0.3)], [person(0.3)], [person(0.3), person(0.36)]]);
  assert.deepEqual(after.slice(11), [[1, 2], [1], [1], [1, 2]]);
});

Deno.test("createTracker() takes no box for finite of which two parts are not", () => {
  const box = { x: 0, y: 0, width: 0.1, height: 0.2 };
  for (const parts of [["x", "width"], ["width", "height"], ["y", "height"]] as const) {
    const given = { ...box, [parts[0]]: Infinity, [parts[1]]: Infinity };
    const frames = Array.from({ length: 3 }, () => [{ ...person(0), box: given }]);
    assert.deepEqual(follow(frames, { minHits: 1 }).flat(), []);
  }
});
