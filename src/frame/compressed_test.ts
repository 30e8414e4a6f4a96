import assert from "node:assert/strict";
import { ptsFromTransport } from "./compressed.ts";

Deno.test("ptsFromTransport() takes the offset away", () => {
  assert.equal(ptsFromTransport(10_040, 0), 40);
});

Deno.test("ptsFromTransport() follows the clock past its 33 bits", () => {
  const periodMs = 2 ** 33 / 90;
  const ptsMs = 3 * periodMs + 1234;
  const transportMs = (ptsMs + 10_000) % periodMs;
  assert.ok(Math.abs(ptsFromTransport(transportMs, ptsMs + 500) - ptsMs) < 1e-3);
});
