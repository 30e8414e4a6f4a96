/** Request bodies on their way, as fast as the peer allows. */

import { frameFlag, frameHeaderLength, frameType, writeFrameHeader } from "./frame.ts";

interface Sending {
  readonly id: number;
  /** Goes before the first byte of the body; null once it is sent. */
  head: Uint8Array | null;
  /** What is left of the body. */
  rest: Uint8Array;
  window: number;
}

/** Smaller pieces are not worth keeping. */
const smallestSpareBytes = 65_536;

/** The peer's windows (RFC 9113, section 5.2): of the connection, and of every body under way. */
export class SendWindows {
  readonly #write: (frames: readonly Uint8Array[]) => void;
  /** Oldest first. */
  readonly #sending = new Map<number, Sending>();
  #connection = 65_535;
  #initial = 65_535;
  #maxFrameSize = 16_384;
  /** Memory of a piece that was sent, for the next one of its size. */
  #spare: ArrayBuffer | undefined;

  constructor(write: (frames: readonly Uint8Array[]) => void) {
    this.#write = write;
  }

  /** Sends `head`, then `body` as DATA frames that end the stream. */
  send(id: number, head: Uint8Array, body: Uint8Array): void {
    const sending = { id, head, rest: body, window: this.#initial };
    this.#sending.set(id, sending);
    this.#pump(sending);
  }

  /** Takes back the memory of a piece that was sent: new memory for each is dear to collect. */
  recycle({ buffer }: Uint8Array): void {
    if (buffer.byteLength < smallestSpareBytes || !(buffer instanceof ArrayBuffer)) return;
    if (buffer.byteLength >= (this.#spare?.byteLength ?? 0)) this.#spare = buffer;
  }

  /** Whether there is more to send of a body. */
  has(id: number): boolean {
    return this.#sending.has(id);
  }

  /** Forgets a body. */
  drop(id: number): void {
    this.#sending.delete(id);
  }

  /** The peer allows `increment` bytes more, on a stream or (0) on the connection. */
  grow(id: number, increment: number): void {
    if (id !== 0) {
      const sending = this.#sending.get(id);
      if (sending === undefined) return;
      sending.window += increment;
      this.#pump(sending);
      return;
    }
    this.#connection += increment;
    for (const sending of [...this.#sending.values()]) this.#pump(sending);
  }

  /** The window that bodies begin with; those under way are moved by the difference. */
  setInitial(size: number): void {
    const difference = size - this.#initial;
    this.#initial = size;
    for (const sending of [...this.#sending.values()]) {
      sending.window += difference;
      this.#pump(sending);
    }
  }

  setMaxFrameSize(size: number): void {
    this.#maxFrameSize = size;
  }

  // All that may go now, in one piece: one copy, one write, and no packet that waits for another.
  #pump(sending: Sending): void {
    const allowed = Math.max(0, Math.min(this.#connection, sending.window));
    const length = Math.min(allowed, sending.rest.byteLength);
    const whole = length === sending.rest.byteLength;
    const headLength = sending.head?.byteLength ?? 0;
    if (length === 0 && headLength === 0 && !whole) return;
    // A body that is empty still needs a frame, to end the stream.
    const frames = whole ? Math.max(1, this.#framesFor(length)) : this.#framesFor(length);
    const bytes = this.#memory(headLength + frames * frameHeaderLength + length);
    if (sending.head) bytes.set(sending.head);
    let offset = headLength;
    for (let frame = 0; frame < frames; frame++) {
      const begin = frame * this.#maxFrameSize;
      const part = sending.rest.subarray(begin, Math.min(begin + this.#maxFrameSize, length));
      const last = whole && frame === frames - 1;
      const flags = last ? frameFlag.endStream : frameFlag.none;
      writeFrameHeader(bytes, offset, part.byteLength, frameType.data, flags, sending.id);
      bytes.set(part, offset + frameHeaderLength);
      offset += frameHeaderLength + part.byteLength;
    }
    sending.head = null;
    sending.rest = sending.rest.subarray(length);
    sending.window -= length;
    this.#connection -= length;
    if (whole) this.#sending.delete(sending.id);
    this.#write([bytes]);
  }

  #memory(length: number): Uint8Array {
    const spare = this.#spare;
    if (spare === undefined || spare.byteLength < length) return new Uint8Array(length);
    this.#spare = undefined;
    return new Uint8Array(spare, 0, length);
  }

  #framesFor(length: number): number {
    return Math.ceil(length / this.#maxFrameSize);
  }
}
