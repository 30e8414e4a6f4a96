import assert from "node:assert/strict";
import fc from "fast-check";
import { StreamSource } from "./stream_source.ts";

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
