/**
 * Messages on a pipe: a preamble of two little-endian uint32 (bytes of JSON, number of buffers),
 * the length of each buffer, the JSON, the buffers.
 */

import type { WireMessage } from "./messages.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of JSON in one message. */
export const maxHeaderBytes = 16 * 1024 * 1024;
/** Bytes of all buffers of one message: several uncompressed 4K pictures. */
export const maxBufferBytes = 256 * 1024 * 1024;
const maxBuffers = 16_384;

/** Fills a buffer from the pipe; false at its end. */
export type ReadFull = (into: Uint8Array<ArrayBuffer>) => Promise<boolean>;

/** The parts to write, in order. */
export function toPipe({ header, buffers }: WireMessage): Uint8Array[] {
  const json = encoder.encode(header);
  const preamble = new Uint32Array(2 + buffers.length);
  preamble[0] = json.byteLength;
  preamble[1] = buffers.length;
  buffers.forEach((buffer, index) => preamble[2 + index] = buffer.byteLength);
  return [new Uint8Array(preamble.buffer), json, ...buffers];
}

/**
 * Reads one message; null at the end of the pipe.
 * @throws {RangeError} for what is no message, before memory is taken for it.
 */
export async function fromPipe(read: ReadFull): Promise<WireMessage | null> {
  const [headerBytes, count] = await readUint32s(read, 2) ?? [];
  if (headerBytes === undefined || count === undefined) return null;
  if (headerBytes > maxHeaderBytes || count > maxBuffers) throw noMessage(headerBytes, count);
  const lengths = await readUint32s(read, count);
  if (lengths === null) return null;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total > maxBufferBytes) throw noMessage(total, count);
  const json = new Uint8Array(headerBytes);
  if (!await read(json)) return null;
  const buffers: Uint8Array<ArrayBuffer>[] = [];
  for (const length of lengths) {
    const buffer = new Uint8Array(length);
    if (!await read(buffer)) return null;
    buffers.push(buffer);
  }
  return { header: decoder.decode(json), buffers };
}

async function readUint32s(read: ReadFull, count: number): Promise<Uint32Array | null> {
  const values = new Uint32Array(count);
  return await read(new Uint8Array(values.buffer)) ? values : null;
}

function noMessage(bytes: number, buffers: number): RangeError {
  return new RangeError(`Cannot read a message of ${bytes} bytes and ${buffers} buffers`);
}
