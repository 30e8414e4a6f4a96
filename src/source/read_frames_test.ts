import assert from "node:assert/strict";
import fc from "fast-check";
import { readJpegFrames, readRawFrames } from "./read_frames.ts";

/** A stream of bytes as a pipe gives them: in pieces of any size. */
function pipe(bytes: Uint8Array, cuts: readonly number[]): ReadableStream<Uint8Array> {
  let at = 0;
  let turn = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (at >= bytes.length) {
        controller.close();
        controller.byobRequest?.respond(0);
        return;
      }
      const piece = bytes.slice(at, at + (cuts[turn++ % cuts.length] ?? 1));
      at += piece.length;
      controller.enqueue(piece);
    },
  });
}

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

Deno.test("readRawFrames() cuts whole frames from any pieces, each in a buffer of its own", async () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 30 }), cuts, async (bytes, size, cuts) => {
      const frames = await Array.fromAsync(readRawFrames(pipe(bytes, cuts), size));
      assert.equal(frames.length, Math.floor(bytes.length / size));
      frames.forEach((frame, i) => {
        assert.deepEqual([...frame], [...bytes.subarray(i * size, (i + 1) * size)]);
        assert.equal(frame.buffer.byteLength, size);
      });
    }),
  );
});

Deno.test("readRawFrames() cancels the stream when its reader leaves", async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    type: "bytes",
    pull: (controller) => controller.enqueue(new Uint8Array(8)),
    cancel: () => void (cancelled = true),
  });
  for await (const _frame of readRawFrames(stream, 4)) break;
  assert.equal(cancelled, true);
});

Deno.test("readJpegFrames() cuts files by their length, whatever is in them", async () => {
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
    const read = await Array.fromAsync(readJpegFrames(pipe(Uint8Array.from(bytes), cuts)));
    assert.deepEqual(read.map((file) => [...file]), files.map((file) => [...file]));
  }));
});

Deno.test("readJpegFrames() says so when there is no JPEG", async () => {
  const noise = new Uint8Array(4096).fill(65);
  await assert.rejects(Array.fromAsync(readJpegFrames(pipe(noise, [1000]))), {
    message: "Cannot find a JPEG file: no header",
  });
});
