/**
 * Messages on a pipe: a preamble of five little-endian uint32 (bytes of JSON, number of buffers, bytes
 * of all buffers, 1 when the buffers come another way, 1 + the call that is answered or 0), the length
 * of each buffer, the JSON, the buffers.
 */

import type { MessageHead, WireMessage } from "./messages.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of JSON in one message. */
export const maxHeaderBytes = 16 * 1024 * 1024;
/** The same in an answer: parsing 16 MB of empty lists took the host 800 ms, and its other streams frames. */
export const maxAnswerBytes = 4 * 1024 * 1024;
/** Bytes of all buffers of one message: several uncompressed 4K pictures. */
export const maxBufferBytes = 256 * 1024 * 1024;
const maxBuffers = 16_384;

/**
 * Reads so many bytes from the pipe, into a buffer of their own; null at its end. What is `begun` is
 * on its way already.
 */
export type ReadExactly = (
  byteLength: number,
  begun: boolean,
) => Promise<Uint8Array<ArrayBuffer> | null> | Uint8Array<ArrayBuffer> | null;

const preambleBytes = 5 * Uint32Array.BYTES_PER_ELEMENT;

/**
 * Bytes that fit into a pipe: more make reader and writer wake each other every time, which takes
 * longer than the way through a socket.
 */
const pipeBytes = 64 * 1024;

/** What to write, in order. What is small makes one part, since each write costs a wake-up. */
export interface PipeParts {
  readonly onPipe: readonly Uint8Array<ArrayBuffer>[];
  /** Empty, unless there is another way and it pays. */
  readonly aside: readonly Uint8Array<ArrayBuffer>[];
}

/** Takes a message apart. */
export function toPipe({ header, buffers, call = -1 }: WireMessage, hasAside = false): PipeParts {
  const json = encoder.encode(header);
  const lengths = buffers.map(({ byteLength }) => byteLength);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const isAside = hasAside && total > pipeBytes;
  const numbers = [
    ...[json.byteLength, buffers.length, total, Number(isAside), call + 1],
    ...lengths,
  ];
  const head = new Uint8Array(numbers.length * Uint32Array.BYTES_PER_ELEMENT + json.byteLength);
  new Uint32Array(head.buffer, 0, numbers.length).set(numbers);
  head.set(json, numbers.length * Uint32Array.BYTES_PER_ELEMENT);
  return isAside ? { onPipe: [head], aside: buffers } : { onPipe: [head, ...buffers], aside: [] };
}

/**
 * Reads one message; null at the end of the pipe. Without `readAside` buffers come on the pipe alone.
 * `admit` throws for what may not come.
 * @throws {RangeError} for what is no message; it and `admit` throw before memory is taken for it.
 */
export async function fromPipe(
  read: ReadExactly,
  readAside?: ReadExactly,
  admit?: (head: MessageHead) => void,
): Promise<WireMessage | null> {
  const preamble = await read(preambleBytes, false);
  if (preamble === null) return null;
  const [jsonBytes = 0, count = 0, total = 0, isAside = 0, answers = 0] = new Uint32Array(
    preamble.buffer,
  );
  if (jsonBytes > maxHeaderBytes || count > maxBuffers || total > maxBufferBytes) {
    throw noMessage(jsonBytes + total, count);
  }
  const call = answers === 0 ? {} : { call: answers - 1 };
  admit?.({ headerBytes: jsonBytes, bufferBytes: total, ...call });
  const readBuffer = isAside ? readAside : read;
  if (readBuffer === undefined) throw noMessage(jsonBytes, count);
  const lengthBytes = count * Uint32Array.BYTES_PER_ELEMENT;
  const head = await read(lengthBytes + jsonBytes, true);
  if (head === null) return null;
  const lengths = new Uint32Array(head.buffer, 0, count);
  if (lengths.reduce((sum, length) => sum + length, 0) !== total) throw noMessage(total, count);
  const buffers: Uint8Array<ArrayBuffer>[] = [];
  for (const length of lengths) {
    const buffer = await readBuffer(length, true);
    if (buffer === null) return null;
    buffers.push(buffer);
  }
  return { header: decoder.decode(head.subarray(lengthBytes)), buffers, ...call };
}

function noMessage(bytes: number, buffers: number): RangeError {
  return new RangeError(`Cannot read a message of ${bytes} bytes and ${buffers} buffers`);
}
