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

Deno.test("simplifyPath() leaves no point out that lies farther from the way between its neighbours", () => {
  const share = fc.integer({ min: 0, max: 20 }).map((n) => n / 20);
  const points = fc.array(fc.tuple(share, share), { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(points, fc.constantFrom(0.04, 0.1, 0.3), (points, tolerance) => {
    const path = pathOf(points);
    const short = simplifyPath(path, tolerance);
    const stays = new Set(short.map(({ ptsMs }) => ptsMs));
    for (const { ptsMs, at } of path) {
      if (stays.has(ptsMs)) continue;
      const before = short.findLast((one) => one.ptsMs < ptsMs)!;
      const after = short.find((one) => one.ptsMs > ptsMs)!;
      // Looked at in small steps along the way.
      const nearest = Math.min(...Array.from({ length: 401 }, (_, step) => {
        const [x, y] = [0, 1].map((axis) => {
          return before.at[axis]! + (after.at[axis]! - before.at[axis]!) * step / 400;
        });
        return Math.hypot(at[0] - x!, at[1] - y!);
      }));
      ok(nearest <= tolerance + 0.005, `${nearest} of ${tolerance}`);
    }
  }));
});

Deno.test("simplifyPath() keeps what lies farther away than the tolerance, and leaves out what does not", () => {
  const bump = (height: number) => pathOf([[0, 0], [0.5, height], [1, 0]]);
  deepEqual([0.25, 0.26].map((height) => simplifyPath(bump(height), 0.25).length), [2, 3]);
  // Behind an end it is the end that counts.
  const back = pathOf([[0, 0], [-0.3, 0], [1, 0]]);
  deepEqual([0.3, 0.29].map((tolerance) => simplifyPath(back, tolerance).length), [2, 3]);
  const beyond = pathOf([[0, 0], [1.3, 0.4], [1, 0]]);
  deepEqual([0.5, 0.49].map((tolerance) => simplifyPath(beyond, tolerance).length), [2, 3]);
});

Deno.test("shortenPath() takes the smallest tolerance that leaves few enough", () => {
  // Two points stand out by a hundredth, the one between them by a tenth.
  const path = pathOf([[0, 0], [0.25, 0.06], [0.5, 0.1], [0.75, 0.04], [1, 0]]);
  deepEqual([5, 4, 2].map((most) => shortenPath(path, most, 0.001).length), [5, 3, 2]);
});
