import assert from "node:assert/strict";
import { Rate } from "./rate.ts";

Deno.test("Rate is the mean over the last five seconds", () => {
  let nowMs = 1_000;
  const rate = new Rate(() => nowMs);
  for (let i = 0; i < 100; i++) {
    rate.tick();
    nowMs += 40;
  }
  assert.equal(rate.perSecond(), 25);
  nowMs += 2_000;
  assert.ok(rate.perSecond() < 20, "the pause counts");
  nowMs += 10_000;
  assert.equal(rate.perSecond(), 0);
});

Deno.test("Rate does not divide by a moment", () => {
  const rate = new Rate(() => 7);
  rate.tick();
  assert.equal(rate.perSecond(), 2);
});
