import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { type PathPoint, shortenPath, simplifyPath } from "./simplify_path.ts";

const pathOf = (points: readonly (readonly [number, number])[]): PathPoint[] =>
  points.map((at, index) => ({ ptsMs: index * 40, at }));

Deno.test("simplifyPath() keeps the ends and the corners of a path", () => {
  const path = pathOf([[0, 0], [0.1, 0.001], [0.2, 0], [0.2, 0.1], [0.2, 0.2]]);
  deepEqual(simplifyPath(path, 0.01).map(({ ptsMs }) => ptsMs), [0, 80, 160]);
  deepEqual(simplifyPath(path.slice(0, 1), 0.01).length, 1);
  deepEqual(simplifyPath([], 0.01), []);
  // There and back: the far end is no point of the line between equal ends.
  const back = pathOf([[0, 0], [0.5, 0], [0, 0]]);
  equal(simplifyPath(back, 0.01).length, 3);
});

Deno.test("simplifyPath() leaves no point out that is farther away than the tolerance", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(fc.array(fc.tuple(share, share), { minLength: 1 }), share, (points, by) => {
    const path = pathOf(points);
    const short = simplifyPath(path, by);
    equal(short[0], path[0]);
    equal(short.at(-1), path.at(-1));
    ok(short.length <= path.length);
    if (by === 0) return;
    const few = shortenPath(path, 5, 0.001);
    ok(few.length <= 5, `${few.length}`);
  }));
});
