import assert from "node:assert/strict";
import { GopBuffer } from "./gop_buffer.ts";

const key = (size: number) => ({ data: new Uint8Array(size), keyframe: true });
const other = (size: number) => ({ data: new Uint8Array(size), keyframe: false });

Deno.test("GopBuffer keeps nothing before the first key frame", () => {
  const buffer = new GopBuffer();
  buffer.push(other(188));
  assert.equal(buffer.chunks.length, 0);
});

Deno.test("GopBuffer keeps chunks from the newest key frame on", () => {
  const buffer = new GopBuffer();
  const chunks = [key(188), other(376), key(188), other(188)];
  chunks.forEach((chunk) => buffer.push(chunk));
  assert.deepEqual(buffer.chunks, chunks.slice(2));
  assert.equal(buffer.bytes, 376);
});

Deno.test("GopBuffer lets a group go that outgrows the limit, and begins anew at a key frame", () => {
  const buffer = new GopBuffer(1000);
  [key(600), other(600), other(100)].forEach((chunk) => buffer.push(chunk));
  assert.equal(buffer.chunks.length, 0);
  assert.equal(buffer.bytes, 0);
  buffer.push(key(100));
  assert.equal(buffer.chunks.length, 1);
});
