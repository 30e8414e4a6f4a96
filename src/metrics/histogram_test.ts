import assert from "node:assert/strict";
import { Histogram } from "./histogram.ts";

Deno.test("Histogram counts a value at a bound as not above it", () => {
  const histogram = new Histogram([0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 1, 7]) histogram.observe(value);
  assert.deepEqual(histogram.cumulative(), [2, 4, 5]);
  assert.ok(Math.abs(histogram.sum - 8.65) < 1e-9);
});

Deno.test("Histogram never falls, whatever the clock does", () => {
  const histogram = new Histogram([0.1, 1]);
  histogram.observe(0.5);
  histogram.observe(-3600);
  assert.deepEqual(histogram.cumulative(), [1, 2, 2]);
  assert.equal(histogram.sum, 0.5);
});
