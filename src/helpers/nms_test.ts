import assert from "node:assert/strict";
import fc from "fast-check";
import type { Detection } from "../frame/analysis.ts";
import { iou } from "./iou.ts";
import { nms } from "./nms.ts";

function detection(confidence: number, x: number, labelId = 0): Detection {
  const box = { x, y: 0, width: 0.5, height: 0.5 };
  return { label: `label ${labelId}`, labelId, confidence, box };
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
/** Far below a pixel, so that areas keep all their digits. */
const size = fc.double({ min: 1e-6, max: 1, noNaN: true });
const detections = fc.array(
  fc.record({
    label: fc.constant("a"),
    labelId: fc.integer({ min: 0, max: 2 }),
    confidence: share,
    box: fc.record({ x: share, y: share, width: size, height: size }),
  }),
  { maxLength: 40 },
);

Deno.test("nms() keeps the most confident of those that overlap", () => {
  // Moved by 0.1 of 0.5: shared 0.4, covered 0.6, IoU 2/3.
  const [weak, strong, apart] = [detection(0.5, 0), detection(0.9, 0.1), detection(0.6, 0.7)];
  assert.deepEqual(nms([weak, strong, apart], { iouThreshold: 0.66 }), [strong, apart]);
  assert.deepEqual(nms([weak, strong, apart], { iouThreshold: 0.67 }), [strong, apart, weak]);
  const twins = [detection(0.9, 0.1), detection(0.8, 0.1)];
  assert.equal(nms(twins, { iouThreshold: 1 }).length, 2);
});

Deno.test("nms() lets a suppressed box suppress nothing", () => {
  const chain = [detection(0.9, 0), detection(0.8, 0.2), detection(0.7, 0.4)];
  // Neighbours share 0.3 of 0.7, the ends 0.1 of 0.9.
  assert.deepEqual(nms(chain, { iouThreshold: 0.4 }), [chain[0], chain[2]]);
});

Deno.test("nms() compares classes only when told to", () => {
  const both = [detection(0.8, 0, 1), detection(0.9, 0, 2)];
  assert.deepEqual(nms(both), [both[1], both[0]]);
  assert.deepEqual(nms(both, { perClass: false }), [both[1]]);
});

Deno.test("nms() returns the objects it was given, of equals the first, and changes no list", () => {
  const given = [{ ...detection(0.5, 0), mask: 1 }, { ...detection(0.5, 0), mask: 2 }];
  const kept = nms(Object.freeze(given));
  assert.equal(kept.length, 1);
  assert.equal(kept[0], given[0]);
});

Deno.test("nms() keeps what is not finite, at the end", () => {
  const given = [detection(NaN, 0.9), detection(0.5, NaN), detection(0.6, 0)];
  assert.deepEqual(nms(given), [given[2], given[1], given[0]]);
});

Deno.test("nms() refuses a threshold out of range", () => {
  assert.throws(() => nms([], { iouThreshold: 45 }), {
    name: "RangeError",
    message: "Cannot suppress overlaps: iouThreshold is 45, allowed is 0 to 1",
  });
  assert.throws(() => nms([], { threshold: 0.5 } as object), {
    name: "TypeError",
    message: 'Cannot suppress overlaps: "threshold" is no option, there are iouThreshold, perClass',
  });
});

Deno.test("nms() is idempotent, and no two it keeps overlap", () => {
  fc.assert(fc.property(detections, share, fc.boolean(), (given, iouThreshold, perClass) => {
    const options = { iouThreshold, perClass };
    const kept = nms(given, options);
    const again = nms(kept, options);
    assert.ok(again.length === kept.length && again.every((one, at) => one === kept[at]));
    for (const [at, a] of kept.entries()) {
      for (const b of kept.slice(at + 1)) {
        if (perClass && a.labelId !== b.labelId) continue;
        assert.ok(iou(a.box, b.box) <= iouThreshold + 1e-9);
      }
    }
  }));
});

Deno.test("nms() drops only what a kept one of its class overlaps", () => {
  fc.assert(fc.property(detections, (given) => {
    const kept = nms(given, { iouThreshold: 0.3 });
    for (const dropped of given.filter((one) => !kept.includes(one))) {
      assert.ok(
        kept.some(({ labelId, confidence, box }) =>
          labelId === dropped.labelId && confidence >= dropped.confidence &&
          iou(box, dropped.box) > 0.3 - 1e-9
        ),
      );
    }
  }));
});

Deno.test("nms() measures areas far from the picture's origin too", () => {
  // 0.4 of 0.5 in width is shared: IoU 2/3, wherever in the picture they stand.
  const low = [detection(0.9, 0), detection(0.8, 0.1)].map((one) => ({
    ...one,
    box: { ...one.box, y: 0.5, height: 0.4 },
  }));
  assert.deepEqual(nms(low, { iouThreshold: 0.66 }), [low[0]]);
  assert.deepEqual(nms(low, { iouThreshold: 0.67 }), low);
});

Deno.test("nms() takes both ends of the threshold's range", () => {
  const touching = [detection(0.9, 0), detection(0.8, 0.5), detection(0.7, 0.25)];
  assert.deepEqual(nms(touching, { iouThreshold: 0 }), touching.slice(0, 2));
  assert.throws(() => nms([], { iouThreshold: -0.01 }), { name: "RangeError" });
});
