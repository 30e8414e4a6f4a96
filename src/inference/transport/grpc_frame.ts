/** gRPC's length-prefixed framing of one message. */

import { InferenceError } from "../inference.ts";
import { readUint32 } from "../http2/frame.ts";

/** Bytes before a message: one that tells whether it is compressed, four of its length. */
export const framePrefixLength = 5;

/**
 * The envelope of an uncompressed message and its first bytes, `prefix`; so many bytes of the
 * message follow elsewhere.
 */
export function beginFrame(prefix: Uint8Array, following: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(framePrefixLength + prefix.byteLength);
  new DataView(frame.buffer).setUint32(1, prefix.byteLength + following);
  frame.set(prefix, framePrefixLength);
  return frame;
}

/** A message in its frame with fields behind the others, `tail`; its first piece is copied. */
export function withTail(pieces: readonly Uint8Array[], tail: Uint8Array): Uint8Array[] {
  const [first, ...others] = pieces;
  const head = new Uint8Array(first!);
  new DataView(head.buffer).setUint32(1, readUint32(head, 1) + tail.byteLength);
  return [head, ...others, tail];
}

/** `message` in its envelope. */
export function toFrame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  return beginFrame(message, 0);
}

/** What goes before each of `contents` in a message, the envelope included. */
export function framePrefixes(
  prefixes: readonly Uint8Array[],
  contents: readonly Uint8Array[],
): Uint8Array[] {
  const [first, ...others] = prefixes;
  const following = [...others, ...contents].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return [beginFrame(first!, following), ...others];
}

/** A message piece by piece: each of `contents` behind what goes before it. */
export function interleave(
  prefixes: readonly Uint8Array[],
  contents: readonly Uint8Array[],
): Uint8Array[] {
  const pieces = new Array<Uint8Array>(2 * contents.length);
  for (let index = 0; index < contents.length; index++) {
    pieces[2 * index] = prefixes[index]!;
    pieces[2 * index + 1] = contents[index]!;
  }
  return pieces;
}

/**
 * The one message that `frame` holds, sharing its memory.
 * @throws {InferenceError} `server_error` when it is not exactly one uncompressed message
 */
export function fromFrame(frame: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { byteLength } = frame;
  const whole = byteLength >= framePrefixLength && frame[0] === 0 &&
    readUint32(frame, 1) === byteLength - framePrefixLength;
  if (whole) return frame.subarray(framePrefixLength);
  throw new InferenceError(
    "server_error",
    `Cannot read the model server's answer: ${byteLength} bytes that are not one gRPC message`,
    "Check that --ovms_url is the address of a gRPC server.",
  );
}
