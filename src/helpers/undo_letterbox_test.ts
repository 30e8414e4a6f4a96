import assert from "node:assert/strict";
import fc from "fast-check";
import { undoLetterbox, undoLetterboxPoint } from "./undo_letterbox.ts";

Deno.test("undoLetterbox() undoes bars above and below, and at the sides", () => {
  const wide = { x: 0, y: 0.25, width: 1, height: 0.5 };
  assert.deepEqual(undoLetterbox({ x: 0.25, y: 0.375, width: 0.5, height: 0.25 }, wide), {
    x: 0.25,
    y: 0.25,
    width: 0.5,
    height: 0.5,
  });
  const tall = { x: 0.25, y: 0, width: 0.5, height: 1 };
  assert.deepEqual(undoLetterbox({ x: 0.25, y: 0, width: 0.25, height: 1 }, tall), {
    x: 0,
    y: 0,
    width: 0.5,
    height: 1,
  });
});

Deno.test("undoLetterbox() cuts off what reaches into the bars", () => {
  const wide = { x: 0, y: 0.25, width: 1, height: 0.5 };
  assert.deepEqual(undoLetterbox({ x: -0.25, y: 0, width: 0.5, height: 0.5 }, wide), {
    x: 0,
    y: 0,
    width: 0.25,
    height: 0.5,
  });
});

Deno.test("undoLetterbox() refuses a picture without area", () => {
  const picture = { x: 0, y: 0.5, width: 1, height: 0 };
  assert.throws(() => undoLetterboxPoint([0, 0], picture), {
    name: "RangeError",
    message: "Cannot undo the letterbox: contentRect is 1 × 0, both must be above 0",
  });
});

Deno.test("undoLetterbox() gives back the box that was put into the frame", () => {
  const part = fc.double({ min: 0.01, max: 0.5, noNaN: true });
  const rectangle = fc.record({ x: part, y: part, width: part, height: part });
  fc.assert(fc.property(rectangle, rectangle, (box, picture) => {
    const seen = {
      x: picture.x + box.x * picture.width,
      y: picture.y + box.y * picture.height,
      width: box.width * picture.width,
      height: box.height * picture.height,
    };
    const found = undoLetterbox(seen, picture);
    for (const side of ["x", "y", "width", "height"] as const) {
      assert.ok(Math.abs(found[side] - box[side]) < 1e-9);
    }
  }));
});

Deno.test("undoLetterbox() refuses a picture without width as well as one without height", () => {
  for (
    const size of [{ width: 0, height: 1 }, { width: -1, height: 1 }, { width: 1, height: -1 }]
  ) {
    assert.throws(() => undoLetterboxPoint([0, 0], { x: 0, y: 0, ...size }), RangeError);
  }
});
