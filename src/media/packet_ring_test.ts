import { deepEqual, equal } from "node:assert/strict";
import { type CompressedChunk, transportFromPts } from "../frame/compressed.ts";
import { PacketRing } from "./packet_ring.ts";

/** A second of a camera that sends two pictures a second, the first of them a key frame. */
function secondOf(second: number, bytes = 100): CompressedChunk[] {
  return [0, 500].map((ms) => ({
    data: new Uint8Array(bytes / 2).fill(second),
    keyframe: ms === 0,
    startsMs: [transportFromPts(second * 1000 + ms)],
  }));
}

function ringOf(seconds: number, bytes = 10_000) {
  const left: number[] = [];
  const ring = new PacketRing(() => ({ seconds, bytes }), ({ startMs }) => left.push(startMs));
  ring.begin();
  const fill = (from: number, to: number, size?: number) => {
    for (let second = from; second < to; second++) {
      for (const chunk of secondOf(second, size)) ring.push(chunk, second * 1000);
    }
  };
  return { ring, left, fill };
}

Deno.test("PacketRing keeps whole groups that reach back so far, and tells which leave", () => {
  const { ring, left, fill } = ringOf(3);
  fill(0, 10);
  deepEqual(ring.groups.map(({ startMs }) => Math.round(startMs)), [6000, 7000, 8000, 9000]);
  deepEqual(left.map(Math.round), [0, 1000, 2000, 3000, 4000, 5000]);
  equal(ring.bytes, 400);
  equal(ring.newestMs, 9500);
});

Deno.test("PacketRing keeps no more bytes than allowed, and lets a group go that is too large", () => {
  const { ring, fill } = ringOf(60, 250);
  fill(0, 5);
  equal(ring.groups.length, 2);
  fill(5, 6, 300);
  equal(ring.groups.length, 0);
  equal(ring.bytes, 0);
});

Deno.test("PacketRing finds the group of a picture, and none of what is gone", () => {
  const { ring, fill } = ringOf(3);
  fill(0, 10);
  deepEqual(ring.from(7500).map(({ startMs }) => Math.round(startMs)), [7000, 8000, 9000]);
  deepEqual(ring.from(5999), []);
  equal(ring.from(6000).length, 4);
});

Deno.test("PacketRing begins anew with each run, whose groups do not belong to the former ones", () => {
  const { ring, left, fill } = ringOf(60);
  fill(5, 7);
  ring.begin();
  deepEqual([ring.groups.length, ring.newestMs, ring.run], [0, null, 2]);
  equal(left.length, 2);
  // What comes before a key frame is of no use.
  ring.push({ data: new Uint8Array(9), keyframe: false, startsMs: [transportFromPts(0)] }, 0);
  equal(ring.bytes, 0);
});

Deno.test("PacketRing counts on when the time stamps of the transport stream begin again", () => {
  const { ring } = ringOf(60);
  const periodMs = 2 ** 33 / 90;
  const startMs = periodMs - 10_000 - 500;
  // Seen from 0 these were some 500 ms before it; a run begins within a day of that.
  for (const ms of [0, 1000, 2000]) {
    const startsMs = [transportFromPts(startMs + ms)];
    ring.push({ data: new Uint8Array(9), keyframe: true, startsMs }, ms);
  }
  const [first, second, third] = ring.groups.map(({ startMs }) => Math.round(startMs));
  deepEqual([second! - first!, third! - first!], [1000, 2000]);
});

Deno.test("PacketRing says when a picture is whole: the next has begun, or the run is over", async () => {
  const { ring, fill } = ringOf(60);
  fill(0, 1);
  await ring.after(0, {});
  const waiting = ring.after(500, {});
  fill(1, 2);
  await waiting;
  const last = ring.after(1500, {});
  ring.begin();
  await last;
  const never = ring.after(1500, {});
  ring.end();
  await never;
});

const chunkAt = (ptsMs: number, keyframe = true, bytes = 10): CompressedChunk => ({
  data: new Uint8Array(bytes),
  keyframe,
  startsMs: [transportFromPts(ptsMs)],
});

Deno.test("PacketRing lets a group go once the next one reaches back far enough, and not before", () => {
  const { ring } = ringOf(3);
  for (const atMs of [0, 1000]) ring.push(chunkAt(atMs), atMs);
  ring.push(chunkAt(3999), 3999);
  equal(ring.groups.length, 3);
  equal(ring.reachMs(4000), 4000);
  ring.push(chunkAt(4000), 4000);
  equal(ring.groups.length, 3);
  equal(ring.reachMs(4000), 3000);
  equal(ringOf(3).ring.reachMs(77), 0);
});

Deno.test("PacketRing keeps as many bytes as allowed, to the last", () => {
  const { ring, left } = ringOf(60, 30);
  for (const atMs of [0, 1000, 2000]) ring.push(chunkAt(atMs), atMs);
  equal(ring.bytes, 30);
  // A group that grows past the bound lets those before it go first.
  ring.push(chunkAt(2040, false, 1), 2040);
  deepEqual([ring.bytes, ring.groups.length, left.length], [21, 2, 1]);
  ring.push(chunkAt(2080, false, 9), 2080);
  deepEqual([ring.bytes, ring.groups.length], [30, 2]);
});

Deno.test("PacketRing counts a picture by its stamp, half a millisecond more or less", () => {
  const { ring } = ringOf(60);
  ring.push(chunkAt(1000), 0);
  ring.push(chunkAt(2000), 0);
  const sizes = [999.4, 999.6, 1999.4, 1999.6, 2001].map((ms) => ring.from(ms).length);
  deepEqual(sizes, [0, 2, 2, 1, 1]);
});

Deno.test("PacketRing knows the newest picture, whatever order they come in", async () => {
  const { ring } = ringOf(60);
  const stamps = (...ms: number[]) => ms.map((one) => transportFromPts(one));
  ring.push({ data: new Uint8Array(1), keyframe: true, startsMs: stamps(0, 120, 40) }, 0);
  equal(ring.newestMs, 120);
  ring.push({ data: new Uint8Array(1), keyframe: false, startsMs: stamps(80) }, 0);
  equal(ring.newestMs, 120);
  // Packets without a stamp belong to the picture before, and a key frame to what came last.
  ring.push({ data: new Uint8Array(1), keyframe: false }, 0);
  ring.push({ data: new Uint8Array(1), keyframe: true }, 0);
  deepEqual(ring.groups.map(({ startMs, parts }) => [startMs, parts.length]), [[0, 3], [120, 1]]);
  let isWhole = false;
  const waiting = ring.after(120, {}).then(() => isWhole = true);
  ring.push(chunkAt(120.4, false), 0);
  await Promise.resolve();
  equal(isWhole, false);
  ring.push(chunkAt(121, false), 0);
  await waiting;
});

Deno.test("PacketRing waits no longer than it is told, by time or by signal", async () => {
  const { ring } = ringOf(60);
  await ring.after(0, { mostMs: 1 });
  const giveUp = new AbortController();
  const waiting = ring.after(0, { signal: giveUp.signal });
  giveUp.abort();
  await waiting;
  ring.end();
  await ring.after(0, {});
});

Deno.test("PacketRing keeps packets of its own, out of memory that is used again", () => {
  const { ring } = ringOf(60);
  const data = Uint8Array.of(1, 2, 3);
  ring.push({ data, keyframe: true, startsMs: [transportFromPts(0)] }, 0);
  data.fill(9);
  deepEqual([...ring.groups[0]!.parts[0]!], [1, 2, 3]);
});
