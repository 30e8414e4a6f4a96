import assert from "node:assert/strict";
import fc from "fast-check";
import { MemoryPool } from "../frame/memory_pool.ts";
import {
  type ByteSource,
  JpegFrames,
  type PictureReader,
  RawFrames,
  StreamSource,
} from "./read_frames.ts";

/** Bytes as a socket gives them: in pieces of any size, as far as there is room. */
function socket(bytes: Uint8Array, cuts: readonly number[]): ByteSource {
  let at = 0;
  let turn = 0;
  return {
    read(into) {
      if (at >= bytes.length) return Promise.resolve(null);
      const length = Math.min(cuts[turn++ % cuts.length] ?? 1, into.length);
      const piece = bytes.subarray(at, at + length);
      into.set(piece);
      at += piece.length;
      return Promise.resolve(piece.length);
    },
  };
}

async function all(reader: PictureReader): Promise<Uint8Array[]> {
  const pictures: Uint8Array[] = [];
  for (let picture; (picture = await reader.next()) !== null;) pictures.push(picture);
  return pictures;
}

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

Deno.test("RawFrames cuts whole frames from any pieces, each in a buffer of its own", async () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 30 }), cuts, async (bytes, size, cuts) => {
      const frames = await all(new RawFrames(socket(bytes, cuts), size));
      assert.equal(frames.length, Math.floor(bytes.length / size));
      frames.forEach((frame, i) => {
        assert.deepEqual([...frame], [...bytes.subarray(i * size, (i + 1) * size)]);
        assert.equal(frame.buffer.byteLength, size);
      });
    }),
  );
});

Deno.test("RawFrames uses memory that was given back", async () => {
  const buffer = new ArrayBuffer(4);
  const pool = new MemoryPool(1);
  pool.give(buffer);
  const frames = new RawFrames(socket(new Uint8Array(12), [12]), 4, pool);
  assert.equal((await frames.next())?.buffer, buffer);
  assert.notEqual((await frames.next())?.buffer, buffer);
});

Deno.test("JpegFrames cuts files by their length, whatever is in them", async () => {
  const file = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.constant(new TextEncoder().encode("\r\n--ffmpeg\r\nContent-length: 3\r\n\r\nabc")),
  );
  await fc.assert(fc.asyncProperty(fc.array(file), cuts, async (files, cuts) => {
    const encoder = new TextEncoder();
    const bytes = files.flatMap((file) => [
      ...encoder.encode(
        `--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: ${file.length}\r\n\r\n`,
      ),
      ...file,
      ...encoder.encode("\r\n"),
    ]);
    const read = await all(new JpegFrames(socket(Uint8Array.from(bytes), cuts)));
    assert.deepEqual(read.map((file) => [...file]), files.map((file) => [...file]));
  }));
});

Deno.test("JpegFrames says so when there is no JPEG", async () => {
  const noise = new Uint8Array(4096).fill(65);
  await assert.rejects(new JpegFrames(socket(noise, [1000])).next(), {
    message: "Cannot find a JPEG file: no header",
  });
});

Deno.test("StreamSource gives the bytes of a stream, whatever pieces they come in", async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 30 }));
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 20 }), async (pieces, size) => {
      await using source = new StreamSource(ReadableStream.from(pieces));
      const read: number[] = [];
      const piece = new Uint8Array(size);
      for (let count; (count = await source.read(piece)) !== null;) {
        read.push(...piece.subarray(0, count));
      }
      assert.deepEqual(read, pieces.flatMap((piece) => [...piece]));
    }),
  );
});

Deno.test("StreamSource cancels the stream in the end", async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(8)),
    cancel: () => void (cancelled = true),
  });
  {
    await using source = new StreamSource(stream);
    assert.equal(await source.read(new Uint8Array(4)), 4);
  }
  assert.equal(cancelled, true);
});
