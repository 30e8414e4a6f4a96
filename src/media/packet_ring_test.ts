import { deepEqual, equal } from "node:assert/strict";
import type { CameraPacket, CodecParameters } from "../frame/camera_packet.ts";
import { PacketRing } from "./packet_ring.ts";

const none = new Uint8Array(0);
const parameters: CodecParameters = {
  video: { codec: "h264", fourcc: "H264", width: 64, height: 48, extradata: none },
  audio: null,
};

function packet(ptsMs: number, keyframe: boolean, bytes: number): CameraPacket {
  return { kind: "video", data: new Uint8Array(bytes), keyframe, ptsMs, capturedAtMs: 0 };
}

/** A second of a camera that sends two pictures a second, the first of them a key frame. */
function secondOf(second: number, bytes = 100): CameraPacket[] {
  return [0, 500].map((ms) => packet(second * 1000 + ms, ms === 0, bytes / 2));
}

function ringOf(seconds: number, bytes = 10_000) {
  const left: number[] = [];
  const ring = new PacketRing(() => ({ seconds, bytes }), ({ startMs }) => left.push(startMs));
  ring.begin();
  ring.describe(parameters);
  const fill = (from: number, to: number, size?: number) => {
    for (let second = from; second < to; second++) {
      for (const packet of secondOf(second, size)) ring.push(packet, second * 1000);
    }
  };
  return { ring, left, fill };
}

Deno.test("PacketRing keeps whole groups that reach back so far, and tells which leave", () => {
  const { ring, left, fill } = ringOf(3);
  fill(0, 10);
  deepEqual(ring.groups.map(({ startMs }) => startMs), [6000, 7000, 8000, 9000]);
  deepEqual(left, [0, 1000, 2000, 3000, 4000, 5000]);
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
  deepEqual(ring.from(7500).map(({ startMs }) => startMs), [7000, 8000, 9000]);
  deepEqual(ring.from(5999), []);
  equal(ring.from(6000).length, 4);
});

Deno.test("PacketRing begins anew with each run, whose groups do not belong to the former ones", () => {
  const { ring, left, fill } = ringOf(60);
  fill(5, 7);
  ring.begin();
  deepEqual([ring.groups.length, ring.newestMs, ring.run], [0, -Infinity, 2]);
  equal(left.length, 2);
  // What comes before it is known how it is encoded, or before a key frame, is of no use.
  ring.push(packet(0, true, 9), 0);
  ring.describe(parameters);
  ring.push(packet(0, false, 9), 0);
  equal(ring.bytes, 0);
});

Deno.test("PacketRing keeps sound with the pictures of its time, however late it comes", () => {
  const { ring, fill } = ringOf(60);
  fill(1, 3);
  const sound = (ptsMs: number): CameraPacket => ({ ...packet(ptsMs, true, 7), kind: "audio" });
  [900, 1100, 1990, 2000, 2600].forEach((ms) => ring.push(sound(ms), 2000));
  const times = ring.groups.map(({ packets }) =>
    packets.filter(({ kind }) => kind === "audio").map(({ ptsMs }) => ptsMs)
  );
  deepEqual(times, [[1100, 1990], [2000, 2600]]);
  equal(ring.bytes, 228);
  equal(ring.newestMs, 2500);
});

Deno.test("PacketRing keeps a picture behind the key frame that it comes after, though it is shown before", () => {
  const { ring, fill } = ringOf(60);
  fill(1, 3);
  ring.push(packet(1900, false, 1), 2000);
  deepEqual(ring.groups.map(({ bytes }) => bytes), [100, 101]);
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

const packetAt = (ptsMs: number, keyframe = true, bytes = 10) => packet(ptsMs, keyframe, bytes);

Deno.test("PacketRing lets a group go once the next one reaches back far enough, and not before", () => {
  const { ring } = ringOf(3);
  for (const atMs of [0, 1000]) ring.push(packetAt(atMs), atMs);
  ring.push(packetAt(3999), 3999);
  equal(ring.groups.length, 3);
  equal(ring.reachMs(4000), 4000);
  ring.push(packetAt(4000), 4000);
  equal(ring.groups.length, 3);
  equal(ring.reachMs(4000), 3000);
  equal(ringOf(3).ring.reachMs(77), 0);
  const unused = new PacketRing(() => ({ seconds: 3, bytes: 100 }), () => {});
  equal(unused.newestMs, -Infinity);
});

Deno.test("PacketRing keeps as many bytes as allowed, to the last", () => {
  const { ring, left } = ringOf(60, 30);
  ring.push(packetAt(0, true, 30), 0);
  equal(ring.bytes, 30);
  for (const atMs of [0, 1000, 2000]) ring.push(packetAt(atMs), atMs);
  equal(ring.bytes, 30);
  // A group that grows past the bound lets those before it go first.
  ring.push(packetAt(2040, false, 1), 2040);
  deepEqual([ring.bytes, ring.groups.length, left.length], [21, 2, 2]);
  ring.push(packetAt(2080, false, 9), 2080);
  deepEqual([ring.bytes, ring.groups.length], [30, 2]);
});

Deno.test("PacketRing counts a picture by its stamp, half a millisecond more or less", () => {
  const { ring } = ringOf(60);
  ring.push(packetAt(1000), 0);
  ring.push(packetAt(2000), 0);
  const sizes = [999.4, 999.5, 1999.4, 1999.6, 2001].map((ms) => ring.from(ms).length);
  deepEqual(sizes, [0, 2, 2, 1, 1]);
});

Deno.test("PacketRing knows the newest picture, whatever order they come in", async () => {
  const { ring } = ringOf(60);
  [0, 120, 40, 80].forEach((ms) => ring.push(packetAt(ms, ms === 0), 0));
  equal(ring.newestMs, 120);
  const whole: number[] = [];
  const waiting = [120, 121, 122].map((ms) => ring.after(ms, {}).then(() => whole.push(ms)));
  const told = async (...ptsMs: number[]) => {
    ptsMs.forEach((ms) => ring.push(packetAt(ms, false), 0));
    await turn();
    return whole;
  };
  deepEqual(await told(120.5), []);
  deepEqual(await told(121, 121.5), [120]);
  const late = ring.after(121, {}).then(() => whole.push(121.1));
  deepEqual(await told(122), [120, 121, 121.1]);
  await ring.after(121, {});
  ring.end();
  await Promise.all([...waiting, late]);
});

/** Lets all go on that can. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}

Deno.test("PacketRing waits no longer than it is told, by time or by signal", async () => {
  const { ring } = ringOf(60);
  await ring.after(0, { mostMs: 1 });
  const giveUp = new AbortController();
  const waiting = ring.after(0, { signal: giveUp.signal });
  const other = ring.after(-100, {});
  giveUp.abort();
  await waiting;
  // What is shown before 0 is waited for like anything else, and a waiter that gives up ends no other.
  equal(await Promise.race([other.then(() => "told"), turn()]), undefined);
  ring.push(packetAt(0), 0);
  await other;
  ring.end();
  await ring.after(0, {});
});
