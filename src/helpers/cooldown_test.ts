import assert from "node:assert/strict";
import fc from "fast-check";
import { createCooldown } from "./cooldown.ts";

Deno.test("createCooldown() passes each key once in its pause", () => {
  const cooldown = createCooldown(1000);
  const passes =
    ([["a", 0], ["b", 500], ["a", 999], ["a", 1000], ["b", 1499], ["b", 1500]] as const)
      .map(([key, ptsMs]) => cooldown.pass(key, ptsMs));
  assert.deepEqual(passes, [true, true, false, true, false, true]);
});

Deno.test("createCooldown() without a pause passes everything; an endless one each key once", () => {
  const none = createCooldown(0);
  assert.ok(none.pass("a", 5) && none.pass("a", 5));
  const endless = createCooldown(Infinity);
  assert.ok(endless.pass("a", 0) && !endless.pass("a", 1e12));
});

Deno.test("createCooldown() starts again when the clock goes back", () => {
  const cooldown = createCooldown(1000);
  assert.ok(cooldown.pass("a", 90_000) && cooldown.pass("a", 0));
});

Deno.test("createCooldown() never passes a key twice within the pause", () => {
  const steps = fc.array(fc.record({ key: fc.integer({ max: 4, min: 0 }), stepMs: fc.nat(300) }));
  fc.assert(fc.property(steps, fc.nat(1000), (given, pauseMs) => {
    const cooldown = createCooldown(pauseMs);
    const passedAtMs = new Map<number, number>();
    let ptsMs = 0;
    for (const { key, stepMs } of given) {
      ptsMs += stepMs;
      const due = ptsMs - (passedAtMs.get(key) ?? -Infinity) >= pauseMs;
      assert.equal(cooldown.pass(key, ptsMs), due);
      if (due) passedAtMs.set(key, ptsMs);
    }
  }));
});

Deno.test("createCooldown() refuses a pause that is none", () => {
  assert.throws(() => createCooldown(NaN), {
    name: "RangeError",
    message: "Cannot make a cool-down: pauseMs is NaN, allowed is a number from 0",
  });
});
