import assert from "node:assert/strict";
import fc from "fast-check";
import {
  ackBytes,
  decodeAck,
  decodeMessage,
  encodeAck,
  encodeMessage,
  headerBytes,
  type Message,
} from "./wire.js";

const microseconds = fc.maxSafeInteger();
const messages: fc.Arbitrary<Message> = fc.record({
  kind: fc.constantFrom("description" as const, "picture" as const, "record" as const),
  channel: fc.integer({ min: 0, max: 65535 }),
  sequence: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  isKey: fc.boolean(),
  isFollowed: fc.boolean(),
  ptsUs: microseconds,
  capturedAtUs: microseconds,
  payload: fc.uint8Array({ maxLength: 300 }),
}).map((message) =>
  message.kind === "picture" ? message : { ...message, isKey: false, isFollowed: false }
);

Deno.test("decodeMessage() reads whatever encodeMessage() writes", () => {
  fc.assert(fc.property(messages, (message) => {
    assert.deepEqual(decodeMessage(encodeMessage(message).buffer), {
      ...message,
      // fast-check gives minus zero, which is no other moment.
      ptsUs: message.ptsUs + 0,
      capturedAtUs: message.capturedAtUs + 0,
    });
  }));
});

Deno.test("decodeMessage() refuses what is cut off, too long, or has a wrong field", () => {
  const right = encodeMessage({
    kind: "picture",
    channel: 3,
    sequence: 1,
    isKey: true,
    isFollowed: false,
    ptsUs: 40_000,
    capturedAtUs: 1_790_000_000_000_000,
    payload: Uint8Array.of(1, 2, 3),
  });
  const wrong = (change: (view: DataView) => void) => {
    const bytes = right.slice();
    change(new DataView(bytes.buffer));
    return bytes;
  };
  for (
    const [bytes, message] of [
      [right.slice(0, headerBytes - 1), /length 31$/],
      [right.slice(0, -1), /payload length 3$/],
      [new Uint8Array([...right, 0]), /payload length 3$/],
      [wrong((view) => view.setUint8(0, 2)), /version 2$/],
      [wrong((view) => view.setUint8(1, 4)), /kind 4$/],
      [wrong((view) => view.setUint8(2, 4)), /flags 4$/],
      [wrong((view) => view.setUint8(1, 3)), /flags 1$/],
      [wrong((view) => view.setUint8(3, 1)), /reserved byte 1$/],
      [wrong((view) => view.setUint16(6, 1)), /reserved byte 1$/],
      [wrong((view) => view.setUint32(8, 0)), /sequence 0$/],
      [wrong((view) => view.setFloat64(12, 0.5)), /pts 0.5$/],
      [wrong((view) => view.setFloat64(20, NaN)), /capture time NaN$/],
    ] as const
  ) {
    assert.throws(() => decodeMessage(bytes.buffer), { name: "SyntaxError", message });
  }
});

Deno.test("decodeAck() reads what encodeAck() writes, and nothing else", () => {
  const bytes = encodeAck({ channel: 65535, sequence: 2 ** 32 - 1 });
  assert.equal(bytes.length, ackBytes);
  assert.deepEqual(decodeAck(bytes.buffer), { channel: 65535, sequence: 2 ** 32 - 1 });
  assert.throws(() => decodeAck(bytes.slice(0, 7).buffer), /length 7$/);
  assert.throws(() => decodeAck(bytes.with(0, 9).buffer), /version 9$/);
  assert.throws(() => decodeAck(bytes.with(1, 1).buffer), /kind 1$/);
});
