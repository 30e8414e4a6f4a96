import assert from "node:assert/strict";
import fc from "fast-check";
import { ServerClock } from "./clock.js";

/** What each question and its answer take on their ways, asked 5 s apart; how far off the clock is then. */
function errorsOf(trips: readonly { readonly upMs: number; readonly downMs: number }[]): number[] {
  const clock = new ServerClock();
  const aheadMs = 1e12;
  return trips.map(({ upMs, downMs }, index) => {
    const sentMs = index * 5000;
    const nowMs = sentMs + upMs + downMs;
    clock.answered(sentMs, sentMs + upMs + aheadMs, nowMs);
    return clock.at(nowMs)! - (nowMs + aheadMs);
  });
}

Deno.test("ServerClock is not misled by a way back that is full, for however long it is", () => {
  const full = Array.from({ length: 60 }, () => ({ upMs: 5, downMs: 1030 }));
  const errors = errorsOf([{ upMs: 5, downMs: 9 }, ...full]);
  assert.ok(errors.every((error) => Math.abs(error) < 15), errors.join(" "));
});

Deno.test("ServerClock takes the quickest way there and the quickest way back of different answers", () => {
  const [, last] = errorsOf([{ upMs: 400, downMs: 5 }, { upMs: 5, downMs: 400 }]);
  assert.ok(Math.abs(last!) < 1, `${last}`);
});

Deno.test("ServerClock is wrong by half the sum of the quickest ways at most", () => {
  const way = fc.integer({ min: 0, max: 3000 });
  const trips = fc.array(fc.record({ upMs: way, downMs: way }), { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(trips, (trips) => {
    const errors = errorsOf(trips);
    const quickest = (key: "upMs" | "downMs") => Math.min(...trips.map((trip) => trip[key]));
    // And what the clocks may part by meanwhile.
    const boundMs = (quickest("upMs") + quickest("downMs")) / 2 + trips.length * 5000 * 5e-5;
    assert.ok(Math.abs(errors.at(-1)!) <= boundMs, `${errors.at(-1)} of ${boundMs}`);
  }));
});

Deno.test("ServerClock follows one that was set", () => {
  const clock = new ServerClock();
  assert.equal(clock.at(0), null);
  clock.answered(0, 1e12, 10);
  for (const setMs of [1e12 + 3.6e6, 1e12 - 3.6e6]) {
    clock.answered(5000, setMs + 5005, 5010);
    assert.equal(clock.at(5010), setMs + 5010);
  }
  clock.forget();
  assert.equal(clock.at(0), null);
});
