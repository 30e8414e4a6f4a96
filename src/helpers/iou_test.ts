import assert from "node:assert/strict";
import fc from "fast-check";
import { iou } from "./iou.ts";

const side = fc.double({ min: 0, max: 1, noNaN: true });
const box = fc.record({ x: side, y: side, width: side, height: side });

Deno.test("iou() of boxes that touch, contain, and miss each other", () => {
  const unit = { x: 0, y: 0, width: 1, height: 1 };
  assert.equal(iou(unit, unit), 1);
  assert.equal(iou(unit, { x: 0.5, y: 0.5, width: 0.5, height: 0.5 }), 0.25);
  assert.equal(iou(unit, { x: 0.5, y: 0, width: 1, height: 1 }), 0.5 / 1.5);
  assert.equal(iou(unit, { x: 1, y: 0, width: 1, height: 1 }), 0);
  assert.equal(iou(unit, { x: 0.5, y: 2, width: 1, height: 1 }), 0);
});

Deno.test("iou() of boxes without area or with NaN is 0", () => {
  const line = { x: 0, y: 0, width: 0, height: 1 };
  assert.equal(iou(line, line), 0);
  const speck = { x: 0, y: 0, width: 5e-324, height: 5e-324 };
  assert.equal(iou(speck, speck), 0);
  assert.equal(iou({ x: NaN, y: 0, width: 1, height: 1 }, { x: 0, y: 0, width: 1, height: 1 }), 0);
});

Deno.test("iou() is symmetric and within 0…1", () => {
  fc.assert(fc.property(box, box, (a, b) => {
    const value = iou(a, b);
    assert.equal(value, iou(b, a));
    assert.ok(value >= 0 && value <= 1, String(value));
  }));
});

Deno.test("iou() of a box with itself is 1, however thin it is", () => {
  // Its right edge is rounded to nearly twice its width.
  const thin = { x: 0.5, y: 0, width: 0.6e-16, height: 1 };
  assert.equal(iou(thin, thin), 1);
});
