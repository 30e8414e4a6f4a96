import assert from "node:assert/strict";
import fc from "fast-check";
import { pointInPolygon, traceMask } from "./mod.ts";

/** A mask drawn with `#`, one text a row. */
function drawn(...rows: string[]) {
  return {
    width: rows[0]!.length,
    height: rows.length,
    has: (x: number, y: number) => rows[y]?.[x] === "#",
  };
}

/** Outlines in cells, with nothing simplified but straight edges. */
function outlines(...rows: string[]) {
  const mask = drawn(...rows);
  return traceMask(mask, { minArea: 1, tolerance: 0 })
    .map((points) => points.map(([x, y]) => `${x * mask.width},${y * mask.height}`).join(" "));
}

Deno.test("traceMask() goes around a region clockwise from its upper left corner", () => {
  assert.deepEqual(outlines("##..", "##.."), ["0,0 2,0 2,2 0,2"]);
  assert.deepEqual(outlines(".#", "##"), ["1,0 2,0 2,2 0,2 0,1 1,1"]);
  assert.deepEqual(outlines("#"), ["0,0 1,0 1,1 0,1"]);
});

Deno.test("traceMask() keeps apart what touches by a corner only, and fills holes", () => {
  assert.deepEqual(outlines("#.", ".#"), ["0,0 1,0 1,1 0,1", "1,1 2,1 2,2 1,2"]);
  assert.deepEqual(outlines("###", "#.#", "###"), ["0,0 3,0 3,3 0,3"]);
  // This one is open at a corner, so it is no hole.
  assert.deepEqual(outlines("###", "#.#", "##."), ["0,0 3,0 3,2 2,2 2,1 1,1 1,2 2,2 2,3 0,3"]);
});

Deno.test("traceMask() leaves out small regions, and puts the largest first", () => {
  const mask = drawn("#....", "..##.", "..##.", "..##.", "....#");
  assert.deepEqual(traceMask(mask).length, 1);
  assert.deepEqual(traceMask(mask, { minArea: 1 })[0], [[0.4, 0.2], [0.8, 0.2], [0.8, 0.8], [
    0.4,
    0.8,
  ]]);
});

Deno.test("traceMask() smooths stairs within its tolerance", () => {
  const size = 100;
  const disc = {
    width: size,
    height: size,
    has: (x: number, y: number) => Math.hypot(x - 49.5, y - 49.5) < 40,
  };
  const [outline] = traceMask(disc);
  assert.ok(outline!.length < 60, `${outline!.length} points`);
  for (const [x, y] of outline!) {
    const radius = Math.hypot(x - 0.5, y - 0.5) * size;
    assert.ok(Math.abs(radius - 40) < 1.5, `${radius}`);
  }
});

Deno.test("traceMask() of nothing is nothing; options out of range are refused", () => {
  assert.deepEqual(traceMask({ width: 0, height: 0, has: () => true }), []);
  assert.deepEqual(traceMask(drawn("...", "...")), []);
  assert.throws(() => traceMask(drawn("#"), { tolerance: -1 }), {
    name: "RangeError",
    message: "Cannot trace a mask: tolerance is -1, allowed is a number from 0",
  });
  assert.throws(() => traceMask(drawn("#"), { min: 1 } as object), {
    message: 'Cannot trace a mask: "min" is no option, there are minArea, tolerance',
  });
});

Deno.test("traceMask() of any mask: every cell of it is inside of an outline", () => {
  const side = 6;
  fc.assert(fc.property(
    fc.array(fc.boolean(), { minLength: side * side, maxLength: side * side }),
    (cells) => {
      const has = (x: number, y: number) => cells[y * side + x]!;
      const outlines = traceMask({ width: side, height: side, has }, { minArea: 1, tolerance: 0 });
      cells.forEach((cell, at) => {
        if (!cell) return;
        const middle = [(at % side + 0.5) / side, (Math.floor(at / side) + 0.5) / side] as const;
        assert.ok(outlines.some((outline) => pointInPolygon(middle, outline)), `cell ${at}`);
      });
    },
  ));
});

Deno.test("traceMask() asks for no cell beyond the mask", () => {
  const asked: string[] = [];
  const has = (x: number, y: number) => {
    asked.push(`${x},${y}`);
    return true;
  };
  const [outline] = traceMask({ width: 2, height: 2, has }, { minArea: 1, tolerance: 0 });
  assert.deepEqual(outline, [[0, 0], [1, 0], [1, 1], [0, 1]]);
  assert.deepEqual(asked, ["0,0", "1,0", "0,1", "1,1"]);
});

Deno.test("traceMask() takes a region of just the least area, and none without any", () => {
  assert.equal(traceMask(drawn("##", "##"), { minArea: 4 }).length, 1);
  assert.equal(traceMask(drawn("##", "#."), { minArea: 4 }).length, 0);
  assert.equal(traceMask(drawn("#"), { minArea: 0 }).length, 1);
});

Deno.test("traceMask() goes up again where a region does", () => {
  assert.deepEqual(outlines("#.#", "#.#", "###"), ["0,0 1,0 1,2 2,2 2,0 3,0 3,3 0,3"]);
});

Deno.test("traceMask() drops a corner that is off by its tolerance, and keeps one that is farther off", () => {
  const cell = drawn("#");
  // From a corner of a square to its diagonal.
  const off = 1 / Math.hypot(1, 1);
  const corners = (tolerance: number) => traceMask(cell, { minArea: 1, tolerance })[0]!.length;
  assert.deepEqual([corners(off), corners(0.99 * off)], [2, 4]);
});

Deno.test("traceMask() finds the same outline wherever a region lies, and none of its corners far from it", () => {
  const side = 6;
  const cells = fc.array(fc.boolean(), { minLength: side * side, maxLength: side * side });
  const tolerances = fc.constantFrom(0, 0.5, 0.8, 1, 1.5, 3);
  fc.assert(
    fc.property(cells, fc.nat(9), fc.nat(9), tolerances, (cells, right, down, tolerance) => {
      const has = (x: number, y: number) => x >= 0 && x < side && cells[y * side + x] === true;
      const [width, height] = [side + right, side + down];
      const inCells = (x: number, y: number, options: { readonly tolerance: number }) =>
        traceMask({ width, height, has: (cellX, cellY) => has(cellX - x, cellY - y) }, {
          minArea: 1,
          ...options,
        }).map((outline) =>
          outline.map((
            point,
          ) => [Math.round(point[0] * width) - x, Math.round(point[1] * height) - y])
        );
      const here = inCells(0, 0, { tolerance });
      assert.deepEqual(inCells(right, down, { tolerance }), here);
      const whole = inCells(0, 0, { tolerance: 0 });
      for (const [index, corners] of whole.entries()) {
        const ring = [...here[index]!, here[index]![0]!];
        for (const corner of corners) {
          const least = Math.min(
            ...ring.map((point, at) => toSegment(corner, point, ring[at + 1] ?? point)),
          );
          assert.ok(least <= tolerance + 1e-9, `${corner} is ${least} off`);
        }
      }
    }),
  );
});

function toSegment(point: number[], from: number[], to: number[]): number {
  const [dx, dy] = [to[0]! - from[0]!, to[1]! - from[1]!];
  const along = ((point[0]! - from[0]!) * dx + (point[1]! - from[1]!) * dy) /
    (dx * dx + dy * dy || 1);
  const share = Math.max(0, Math.min(1, along));
  return Math.hypot(point[0]! - from[0]! - share * dx, point[1]! - from[1]! - share * dy);
}
