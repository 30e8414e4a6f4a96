import assert from "node:assert/strict";
import { slope } from "./slope.ts";

Deno.test("slope() finds the line through noisy points", () => {
  const noise = [0.5, -0.5, -0.5, 0.5];
  assert.equal(slope(noise.map((off, x) => [x, 3 * x + 100 + off])), 3);
});

Deno.test("slope() of what does not move is 0, however few the points", () => {
  assert.equal(slope([[1, 200], [2, 200], [5, 200]]), 0);
  assert.equal(slope([[1, 200]]), 0);
});
