import assert from "node:assert/strict";
import type { CameraPacket } from "../frame/camera_packet.ts";
import { GopBuffer } from "./gop_buffer.ts";

const packet = (size: number, keyframe: boolean): CameraPacket => ({
  kind: "video",
  data: new Uint8Array(size),
  keyframe,
  ptsMs: 0,
  capturedAtMs: 0,
});
const key = (size: number) => packet(size, true);
const other = (size: number) => packet(size, false);

Deno.test("GopBuffer keeps nothing before the first key frame", () => {
  const buffer = new GopBuffer();
  buffer.push(other(188));
  assert.equal(buffer.packets.length, 0);
});

Deno.test("GopBuffer keeps what comes of a camera that sends no key frame for 3 s", () => {
  const buffer = new GopBuffer();
  buffer.push(other(1), 0);
  buffer.push(other(1), 3000);
  assert.equal(buffer.packets.length, 0);
  buffer.push(other(1), 3001);
  buffer.push(other(1), 3040);
  assert.equal(buffer.packets.length, 2);
  buffer.begin();
  buffer.push(other(1), 3080);
  assert.equal(buffer.packets.length, 0, "another run may send one");
});

Deno.test("GopBuffer keeps packets from the newest key frame on", () => {
  const buffer = new GopBuffer();
  const packets = [key(188), other(376), key(188), other(188)];
  packets.forEach((packet) => buffer.push(packet));
  assert.deepEqual(buffer.packets, packets.slice(2));
  assert.equal(buffer.bytes, 376);
});

Deno.test("GopBuffer lets a group go that outgrows the limit, and begins anew at a key frame", () => {
  const buffer = new GopBuffer(1000);
  [key(600), other(600), other(100)].forEach((packet) => buffer.push(packet));
  assert.equal(buffer.packets.length, 0);
  assert.equal(buffer.bytes, 0);
  buffer.push(key(100));
  assert.equal(buffer.packets.length, 1);
});
