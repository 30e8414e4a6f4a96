import assert from "node:assert/strict";
import fc from "fast-check";
import { SendWindow } from "./send_window.ts";

Deno.test("SendWindow lets the first message by whatever its size, then waits", () => {
  let nowMs = 0;
  const window = new SendWindow(() => nowMs, 1000);
  assert.ok(window.admits(5000));
  window.sent(1, 1, 5000);
  assert.ok(!window.admits(1));
  nowMs = 40;
  assert.equal(window.waitsMs, 40);
  window.acknowledged(1, 1);
  assert.equal(window.bytes, 0);
  assert.equal(window.waitsMs, 0);
  assert.ok(window.admits(5000));
});

Deno.test("SendWindow sends nothing more while an acknowledgement is late", () => {
  let nowMs = 0;
  const window = new SendWindow(() => nowMs);
  window.sent(1, 1, 100);
  nowMs = 20;
  window.acknowledged(1, 1);
  window.sent(1, 2, 100);
  nowMs = 20 + 170;
  assert.ok(window.admits(100), "150 ms and the 20 ms that it takes");
  nowMs++;
  assert.ok(!window.admits(100));
  window.acknowledged(1, 2);
  assert.ok(window.admits(100));
});

Deno.test("SendWindow forgets what is under way of a channel that ends", () => {
  const window = new SendWindow(() => 0);
  window.sent(1, 1, 100);
  window.sent(2, 1, 50);
  window.forget(1);
  assert.equal(window.bytes, 50);
  window.acknowledged(1, 1);
  window.acknowledged(2, 1);
  assert.equal(window.bytes, 0);
});

Deno.test("SendWindow counts what still waits of channels that ended", () => {
  let waiting = 0;
  const window = new SendWindow(() => 0, 1000, () => waiting);
  window.sent(1, 1, 5000);
  window.forget(1);
  waiting = 5000;
  assert.ok(!window.admits(1));
  waiting = 1000;
  assert.ok(window.admits(5000));
});

Deno.test("what arrives over a slow path is young, at whatever rate it goes and pictures come", () => {
  fc.assert(fc.property(
    fc.record({
      bytesPerS: fc.integer({ min: 20_000, max: 20_000_000 }),
      delayMs: fc.integer({ min: 0, max: 100 }),
      pictureBytes: fc.integer({ min: 200, max: 12_000 }),
      intervalMs: fc.integer({ min: 10, max: 200 }),
    }),
    (path) => {
      const { sent, mostBytes, ages } = run(path);
      assert.ok(sent > 0);
      // What is let out before the path is known, and a picture that goes alone whatever its size.
      const firstMs = (16 * 1024 + path.pictureBytes) / path.bytesPerS * 1000;
      const boundMs = 500 + 2 * path.delayMs + firstMs;
      for (const ageMs of ages) {
        assert.ok(ageMs <= boundMs, `${ageMs} ms, above ${boundMs}`);
      }
      const usedBytesPerS = sent * path.pictureBytes / 10;
      const wantedBytesPerS = Math.min(path.bytesPerS, path.pictureBytes / path.intervalMs * 1000);
      assert.ok(usedBytesPerS > wantedBytesPerS * 0.3, `${usedBytesPerS} of ${wantedBytesPerS}`);
      assert.ok(mostBytes <= 1024 * 1024 + path.pictureBytes);
    },
  ));
});

/** Ten seconds of pictures over a path that carries one byte after the other. */
function run({ bytesPerS, delayMs, pictureBytes, intervalMs }: {
  readonly bytesPerS: number;
  readonly delayMs: number;
  readonly pictureBytes: number;
  readonly intervalMs: number;
}) {
  let nowMs = 0;
  const window = new SendWindow(() => nowMs);
  const arrivals: { atMs: number; sentAtMs: number; sequence: number }[] = [];
  const ages: number[] = [];
  let freeAtMs = 0;
  let sequence = 0;
  let mostBytes = 0;
  for (let pictureAtMs = 0; pictureAtMs < 10_000; pictureAtMs += intervalMs) {
    // Each acknowledgement comes back as long after as the picture took to go.
    while (arrivals.length > 0 && arrivals[0]!.atMs + delayMs <= pictureAtMs) {
      const arrived = arrivals.shift()!;
      nowMs = arrived.atMs + delayMs;
      ages.push(arrived.atMs - arrived.sentAtMs);
      window.acknowledged(1, arrived.sequence);
    }
    nowMs = pictureAtMs;
    if (!window.admits(pictureBytes)) continue;
    window.sent(1, ++sequence, pictureBytes);
    mostBytes = Math.max(mostBytes, window.bytes);
    freeAtMs = Math.max(freeAtMs, nowMs) + pictureBytes / bytesPerS * 1000;
    arrivals.push({ atMs: freeAtMs + delayMs, sentAtMs: nowMs, sequence });
  }
  return { sent: sequence, mostBytes, ages };
}
