/** Frames of HTTP/2 (RFC 9113): nine bytes that tell what follows, and a payload. */

/** What the client sends first. */
export const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Kinds of frames. */
export const frameType = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of frames; what one means depends on the kind. */
export const frameFlag = {
  none: 0x0,
  endStream: 0x1,
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const;

/** Settings that matter to a client that takes no pushes. */
export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const;

/** Bytes before the payload. */
export const frameHeaderLength = 9;

/** One frame; the payload is a view into what was read. */
export interface Http2Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

/** Writes the nine bytes at `offset`. */
export function writeFrameHeader(
  target: Uint8Array,
  offset: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): void {
  // Byte by byte: a view for each frame of a request would be most of its garbage.
  target[offset] = length >>> 16;
  target[offset + 1] = length >>> 8;
  target[offset + 2] = length;
  target[offset + 3] = type;
  target[offset + 4] = flags;
  target[offset + 5] = stream >>> 24;
  target[offset + 6] = stream >>> 16;
  target[offset + 7] = stream >>> 8;
  target[offset + 8] = stream;
}

/** A whole frame. */
export function makeFrame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(frameHeaderLength + payload.byteLength);
  writeFrameHeader(frame, 0, payload.byteLength, type, flags, stream);
  frame.set(payload, frameHeaderLength);
  return frame;
}

/** Four bytes, most significant first, as payloads hold their numbers. */
export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/**
 * The four bytes at `offset` as a number.
 * @throws {RangeError} when there are fewer
 */
export function readUint32(bytes: Uint8Array, offset: number): number {
  if (offset + 4 > bytes.byteLength) {
    throw new RangeError(`Cannot read a frame: its ${bytes.byteLength} bytes are cut short`);
  }
  return (bytes[offset]! << 24 | bytes[offset + 1]! << 16 | bytes[offset + 2]! << 8 |
    bytes[offset + 3]!) >>> 0;
}

/** The payload of a SETTINGS frame. */
export function makeSettings(entries: readonly (readonly [id: number, value: number])[]) {
  const bytes = new Uint8Array(6 * entries.length);
  const view = new DataView(bytes.buffer);
  for (const [index, [id, value]] of entries.entries()) {
    view.setUint16(6 * index, id);
    view.setUint32(6 * index + 2, value);
  }
  return bytes;
}

/** The content of a DATA or HEADERS payload, without padding and priority. */
export function unpad({ type, flags, payload }: Http2Frame): Uint8Array {
  if ((flags & (frameFlag.padded | frameFlag.priority)) === 0) return payload;
  let begin = 0;
  let end = payload.byteLength;
  if ((flags & frameFlag.padded) !== 0) {
    begin = 1;
    end -= payload[0] ?? 0;
  }
  if (type === frameType.headers && (flags & frameFlag.priority) !== 0) begin += 5;
  if (begin > end) throw new RangeError("Cannot read a frame: its padding is longer than itself");
  return payload.subarray(begin, end);
}

/** Whole frames from reads of any size. */
export class FrameReader {
  readonly #maxFrameSize: number;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #begin = 0;
  #end = 0;

  /** `maxFrameSize`: bytes of payload that the peer may put into a frame. */
  constructor(maxFrameSize: number) {
    this.#maxFrameSize = maxFrameSize;
    this.#buffer = new Uint8Array(8 * (maxFrameSize + frameHeaderLength));
  }

  /** Where the next read may go; frames returned before become invalid. */
  space(): Uint8Array<ArrayBuffer> {
    this.#buffer.copyWithin(0, this.#begin, this.#end);
    this.#end -= this.#begin;
    this.#begin = 0;
    return this.#buffer.subarray(this.#end);
  }

  /** Takes note of `length` bytes read into the space. */
  add(length: number): void {
    this.#end += length;
  }

  /** The next frame that is complete; null when there is none. */
  next(): Http2Frame | null {
    if (this.#end - this.#begin < frameHeaderLength) return null;
    const header = this.#begin;
    // The length is the first three bytes, the type the fourth.
    const size = readUint32(this.#buffer, header) >>> 8;
    if (size > this.#maxFrameSize) {
      throw new RangeError(`Cannot read a frame: ${size} bytes, allowed ${this.#maxFrameSize}`);
    }
    const begin = header + frameHeaderLength;
    if (this.#end < begin + size) return null;
    this.#begin = begin + size;
    return {
      type: this.#buffer[header + 3]!,
      flags: this.#buffer[header + 4]!,
      stream: readUint32(this.#buffer, header + 5) & 0x7fffffff,
      payload: this.#buffer.subarray(begin, begin + size),
    };
  }
}
