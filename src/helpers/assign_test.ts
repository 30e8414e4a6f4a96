import assert from "node:assert/strict";
import fc from "fast-check";
import { assign } from "./assign.ts";

Deno.test("assign() gives up the best pair when the whole gets cheaper", () => {
  // Greedy takes 1 and is left with 9; together 2 + 3 costs less.
  assert.deepEqual([...assign([1, 2, 3, 9], 2, 2, 100)], [1, 0]);
});

Deno.test("assign() leaves over what the other side has too few of", () => {
  assert.deepEqual([...assign([5, 1, 4], 3, 1, 100)], [-1, 0, -1]);
  assert.deepEqual([...assign([5, 1, 4], 1, 3, 100)], [1]);
  assert.deepEqual([...assign([], 0, 3, 100)], []);
  assert.deepEqual([...assign([], 2, 0, 100)], [-1, -1]);
});

Deno.test("assign() never pairs at the limit or above, nor what is NaN", () => {
  assert.deepEqual([...assign([0.5, 0.4, Infinity, NaN], 2, 2, 0.5)], [1, -1]);
  // Two pairs at 0.4 below the limit beat one at 0.1.
  assert.deepEqual([...assign([0.1, 0.4, 0.4, 0.9], 2, 2, 0.8)], [1, 0]);
  assert.deepEqual([...assign([0.1, 0.4, 0.4, 0.9], 2, 2, 0.6)], [0, -1]);
});

Deno.test("assign() is as cheap as the best of all possibilities", () => {
  const matrix = fc.integer({ min: 0, max: 5 }).chain((rows) =>
    fc.integer({ min: 0, max: 5 }).chain((columns) =>
      fc.record({
        rows: fc.constant(rows),
        columns: fc.constant(columns),
        costs: fc.array(fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant(Infinity)), {
          minLength: rows * columns,
          maxLength: rows * columns,
        }),
      })
    )
  );
  fc.assert(
    fc.property(
      matrix,
      fc.oneof(fc.integer({ min: -2, max: 10 }), fc.constant(100)),
      ({ rows, columns, costs }, limit) => {
        const columnOf = assign(costs, rows, columns, limit);
        let total = 0;
        const taken = new Set<number>();
        columnOf.forEach((column, row) => {
          if (column < 0) return;
          assert.ok(
            column < columns && !taken.has(column) && costs[row * columns + column]! < limit,
          );
          taken.add(column);
          total += costs[row * columns + column]! - limit;
        });
        assert.equal(total, cheapest(0, new Set()));

        function cheapest(row: number, used: Set<number>): number {
          if (row === rows) return 0;
          let best = cheapest(row + 1, used);
          for (let column = 0; column < columns; column++) {
            const cost = costs[row * columns + column]! - limit;
            if (used.has(column) || cost === Infinity) continue;
            best = Math.min(best, cost + cheapest(row + 1, new Set([...used, column])));
          }
          return best;
        }
      },
    ),
    { numRuns: 500 },
  );
});
