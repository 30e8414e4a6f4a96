/** gRPC's envelope around one message. */

import { InferenceError } from "./inference.ts";
import type { MemoryPool } from "./memory_pool.ts";

/** Bytes before a message: one that tells whether it is compressed, four of its length. */
const framePrefixLength = 5;

/** Writes the envelope of an uncompressed message into the first bytes of `frame`, which it fills. */
function writeFramePrefix(frame: Uint8Array): void {
  const { buffer, byteOffset, byteLength } = frame;
  const view = new DataView(buffer, byteOffset);
  view.setUint8(0, 0);
  view.setUint32(1, byteLength - framePrefixLength);
}

/** `message` in its envelope. */
export function toFrame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(framePrefixLength + message.byteLength);
  writeFramePrefix(frame);
  frame.set(message, framePrefixLength);
  return frame;
}

/** The message that `parts` are one after the other, in its envelope, in memory of the pool. */
export function joinInFrame(
  parts: readonly Uint8Array[],
  memory: MemoryPool,
): Uint8Array<ArrayBuffer> {
  let length = framePrefixLength;
  for (const { byteLength } of parts) length += byteLength;
  const frame = memory.take(length);
  writeFramePrefix(frame);
  let offset = framePrefixLength;
  for (const part of parts) {
    frame.set(part, offset);
    offset += part.byteLength;
  }
  return frame;
}

/**
 * The one message that `frame` holds, sharing its memory.
 * @throws {InferenceError} `server_error` when it is not exactly one uncompressed message
 */
export function fromFrame(frame: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = frame;
  const view = new DataView(buffer, byteOffset, byteLength);
  const whole = byteLength >= framePrefixLength && view.getUint8(0) === 0 &&
    view.getUint32(1) === byteLength - framePrefixLength;
  if (whole) return frame.subarray(framePrefixLength);
  throw new InferenceError(
    "server_error",
    `Cannot read the model server's answer: ${byteLength} bytes that are not one gRPC message`,
    "Check that --ovms_url is the address of a gRPC server.",
  );
}
