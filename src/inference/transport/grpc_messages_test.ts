import { deepEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { concatBytes } from "../../concat_bytes.ts";
import { toFrame } from "./grpc_frame.ts";
import { MessageReader } from "./grpc_messages.ts";

Deno.test("MessageReader finds the messages again, however they were cut", () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 3000, size: "max" }), { maxLength: 8 });
  const cuts = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(messages, fc.oneof(cuts, fc.constant([1])), (sent, lengths) => {
    const read: Uint8Array[] = [];
    const reader = new MessageReader(10_000, (message) => void read.push(message.slice()));
    const bytes = concatBytes(sent.map(toFrame));
    for (let at = 0, cut = 0; at < bytes.byteLength; cut++) {
      const end = Math.min(bytes.byteLength, at + lengths[cut % lengths.length]!);
      // In memory that is another's afterwards.
      const piece = bytes.slice(at, end);
      reader.add(piece);
      piece.fill(0xee);
      at = end;
    }
    deepEqual(read, sent.map((message) => new Uint8Array(message)));
  }));
});

Deno.test("MessageReader refuses what is compressed, and what is longer than allowed", () => {
  const reader = () => new MessageReader(4, () => {});
  throws(() => reader().add(Uint8Array.of(1, 0, 0, 0, 1, 7)), /compressed/);
  throws(() => reader().add(Uint8Array.of(0, 0, 0, 0, 5)), /5 bytes, allowed are 4/);
  for (const byte of [0, 0, 0, 0]) reader().add(Uint8Array.of(byte));
});
