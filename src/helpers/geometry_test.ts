import assert from "node:assert/strict";
import fc from "fast-check";
import { crossingSide, type Segment } from "./crossing_side.ts";
import { anchorPoint, type Point } from "./point.ts";
import { pointInPolygon } from "./point_in_polygon.ts";

const part = fc.integer({ min: 0, max: 8 }).map((eighths) => eighths / 8);
const point: fc.Arbitrary<Point> = fc.tuple(part, part);

Deno.test("anchorPoint() is the middle, or where the object stands", () => {
  const box = { x: 0.5, y: 0.25, width: 0.25, height: 0.5 };
  assert.deepEqual(anchorPoint(box, "center"), [0.625, 0.5]);
  assert.deepEqual(anchorPoint(box, "bottom"), [0.625, 0.75]);
});

Deno.test("pointInPolygon() follows a concave outline", () => {
  const letterU: Point[] = [[0, 0], [0.25, 0], [0.25, 0.75], [0.75, 0.75], [0.75, 0], [1, 0]];
  letterU.push([1, 1], [0, 1]);
  for (const inside of [[0.1, 0.1], [0.5, 0.9], [0.9, 0.1]] as const) {
    assert.ok(pointInPolygon(inside, letterU), String(inside));
    assert.ok(pointInPolygon(inside, letterU.toReversed()), `${inside}, the other way round`);
  }
  for (const outside of [[0.5, 0.5], [0.5, 0.1], [1.1, 0.5], [-0.1, 0.75]] as const) {
    assert.ok(!pointInPolygon(outside, letterU), String(outside));
  }
});

Deno.test("pointInPolygon() counts edges and corners as inside", () => {
  const lower: Point[] = [[0, 0.5], [1, 0.5], [1, 1], [0, 1]];
  for (const edge of [[0.5, 1], [0, 0.75], [1, 1], [0, 0.5], [0.5, 0.5]] as const) {
    assert.ok(pointInPolygon(edge, lower), String(edge));
  }
  assert.ok(!pointInPolygon([2, 0.5], lower), "on the edge's extension");
  assert.ok(!pointInPolygon([0, 0], []));
});

Deno.test("pointInPolygon() agrees with the two comparisons of a rectangle", () => {
  fc.assert(fc.property(point, point, point, ([x, y], [left, top], [right, bottom]) => {
    const rectangle: Point[] = [[left, top], [right, top], [right, bottom], [left, bottom]];
    const expected = Math.min(left, right) <= x && x <= Math.max(left, right) &&
      Math.min(top, bottom) <= y && y <= Math.max(top, bottom);
    assert.equal(pointInPolygon([x, y], rectangle), expected);
  }));
});

Deno.test("crossingSide() tells the direction on an upright line", () => {
  const upright: Segment = [[0.5, 0], [0.5, 1]]; // downwards: its left is the picture's right
  assert.equal(crossingSide([0.4, 0.5], [0.6, 0.5], upright), "left");
  assert.equal(crossingSide([0.6, 0.5], [0.4, 0.5], upright), "right");
  assert.equal(crossingSide([0.6, 0.5], [0.7, 0.5], upright), null);
});

Deno.test("crossingSide() sees where the step meets the line, not where it ends", () => {
  const short: Segment = [[0.25, 0.5], [0.5, 0.5]];
  assert.equal(crossingSide([0, 0.25], [1, 0.75], short), "right"); // meets it at its very end
  assert.equal(crossingSide([0.25, 0.25], [1, 0.75], short), null);
});

Deno.test("crossingSide() of a line without length is null", () => {
  assert.equal(crossingSide([0, 0], [1, 1], [[0.5, 0.5], [0.5, 0.5]]), null);
});

Deno.test("crossingSide() along any path alternates, even when points lie on the line", () => {
  const wide: Segment = [[-100, 0.5], [100, 0.5]];
  fc.assert(fc.property(fc.array(point, { minLength: 2, maxLength: 20 }), (path) => {
    const sides = path.slice(1).map((to, at) => crossingSide(path[at]!, to, wide))
      .filter((side) => side !== null);
    sides.forEach((side, at) => assert.notEqual(side, sides[at - 1]));
    assert.equal(sides.at(-1) ?? null, sides.length === 0 ? null : lastSide(path));
  }));

  function lastSide(path: readonly Point[]) {
    return path.at(-1)![1] >= 0.5 ? "right" : "left";
  }
});
