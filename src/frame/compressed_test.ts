import assert from "node:assert/strict";
import { type CompressedTap, joinTaps, ptsFromTransport, transportFromPts } from "./compressed.ts";

Deno.test("ptsFromTransport() takes the offset away", () => {
  assert.equal(ptsFromTransport(10_040, 0), 40);
});

Deno.test("ptsFromTransport() follows the clock past its 33 bits", () => {
  const periodMs = 2 ** 33 / 90;
  const ptsMs = 3 * periodMs + 1234;
  const transportMs = (ptsMs + 10_000) % periodMs;
  assert.ok(Math.abs(ptsFromTransport(transportMs, ptsMs + 500) - ptsMs) < 1e-3);
});

Deno.test("transportFromPts() is the inverse, before the first picture and past the 33 bits", () => {
  const periodMs = 2 ** 33 / 90;
  for (const ptsMs of [-20_000, -10_000, 0, 1234, 3 * periodMs + 1234]) {
    const transportMs = transportFromPts(ptsMs);
    assert.ok(transportMs >= 0 && transportMs < periodMs, `${transportMs}`);
    assert.ok(Math.abs(ptsFromTransport(transportMs, ptsMs + 500) - ptsMs) < 1e-3);
  }
  assert.equal(transportFromPts(-10_000), 0);
});

Deno.test("joinTaps() hands everything to each of several taps, and is the only one itself", () => {
  const seen: string[] = [];
  const tap = (name: string): CompressedTap => ({
    begin: () => void seen.push(`${name} begins`),
    write: () => void seen.push(`${name} writes`),
  });
  const showing = { ...tap("b"), show: () => void seen.push("b shows") };
  const both = joinTaps([tap("a"), undefined, showing])!;
  both.begin();
  both.show!({ turn: 90, flipped: false, pixelRatio: null });
  both.write({ data: new Uint8Array(188), keyframe: true });
  assert.deepEqual(seen, ["a begins", "b begins", "b shows", "a writes", "b writes"]);
  assert.equal(joinTaps([undefined, showing]), showing);
  assert.equal(joinTaps([undefined]), undefined);
});
