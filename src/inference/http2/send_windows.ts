/** Flow control of HTTP/2: request bodies are sent as far as the peer's windows allow. */

import { concatBytes } from "../../concat_bytes.ts";
import { MemoryPool } from "../../frame/memory_pool.ts";
import { frameFlag, frameHeaderLength, frameType, writeFrameHeader } from "./frame.ts";

/** A part of a body that is sent bit by bit, such as one message of several. */
export interface BodyPart {
  /** They stay as they are until all was sent, or the part is withdrawn. */
  readonly pieces: readonly Uint8Array[];
  /** Called once all was sent. */
  onSent?(): void;
}

interface Sending {
  readonly id: number;
  /** Goes before the first byte of the body; null once it is sent. */
  head: Uint8Array | null;
  /** The body, piece by piece; of one that is open, the part under way. */
  body: readonly Uint8Array[];
  /** Of a body that is open: the parts behind the one under way, oldest first; null = none will be. */
  following: BodyPart[] | null;
  /** The part under way, until all of it was sent. */
  part: BodyPart | null;
  /** Whether an open body ends with the last of its parts. */
  closing: boolean;
  /** Goes behind the last byte, and ends the stream in place of the body; null = the body does. */
  tail: Uint8Array | null;
  /** What is sent next: a piece, and the place in it. */
  piece: number;
  offset: number;
  /** Bytes of the body that are left. */
  left: number;
  window: number;
}

/** Memory of what was sent, kept for what is sent next: new memory for each is dear to collect. */
const spareWrites = 4;
/** Shorter ones are not worth keeping. */
const shortestSpareBytes = 1024;

/** The peer's windows (RFC 9113, section 5.2): of the connection, and of every body under way. */
export class SendWindows {
  readonly #write: (frames: Uint8Array<ArrayBuffer>) => void;
  readonly #memory = new MemoryPool(spareWrites);
  /** Bodies that wait for a window, oldest first. */
  readonly #waiting = new Map<number, Sending>();
  #connection = 65_535;
  #initial = 65_535;
  #maxFrameSize = 16_384;

  constructor(write: (frames: Uint8Array<ArrayBuffer>) => void) {
    this.#write = write;
  }

  /**
   * Sends `head`, then the pieces of `body` as DATA frames that end the stream, unless a `tail` of
   * trailers does. The pieces are read until all was sent, or the body is dropped.
   */
  send(
    id: number,
    head: Uint8Array,
    body: readonly Uint8Array[],
    tail: Uint8Array | null = null,
  ): void {
    const sending: Sending = {
      ...{ id, head, body, tail, piece: 0, offset: 0, left: lengthOf(body), window: this.#initial },
      ...{ following: null, part: null, closing: false },
    };
    if (!this.#pump(sending)) this.#waiting.set(id, sending);
  }

  /** Sends `head` of a body whose parts follow one by one, until it is closed or dropped. */
  open(id: number, head: Uint8Array): void {
    const sending: Sending = {
      ...{ id, head, body: [], tail: null, piece: 0, offset: 0, left: 0, window: this.#initial },
      ...{ following: [], part: null, closing: false },
    };
    this.#waiting.set(id, sending);
    this.#pump(sending);
  }

  /** Sends a part of an open body, behind those that wait. */
  push(id: number, part: BodyPart): void {
    const sending = this.#waiting.get(id);
    if (!sending?.following || sending.closing) return;
    sending.following.push(part);
    if (sending.part === null) this.#pump(sending);
  }

  /**
   * Does without the pieces of a part: one of which nothing was sent is left out. What was begun
   * has to come to its end, or the peer would take the next part for it, and does so from a copy.
   */
  withdraw(id: number, part: BodyPart): void {
    const sending = this.#waiting.get(id);
    const index = sending?.following?.indexOf(part) ?? -1;
    if (index >= 0) sending!.following!.splice(index, 1);
    if (sending?.part !== part) return;
    if (sending.left === lengthOf(part.pieces)) {
      sending.left = 0;
      sending.part = null;
      return void this.#pump(sending);
    }
    const rest = sending.body.slice(sending.piece);
    if (rest[0]) rest[0] = rest[0].subarray(sending.offset);
    sending.body = [concatBytes(rest)];
    sending.piece = sending.offset = 0;
  }

  /** Ends an open body behind its last part, by `tail` where there are trailers. */
  close(id: number, tail: Uint8Array | null = null): void {
    const sending = this.#waiting.get(id);
    if (!sending?.following || sending.closing) return;
    sending.closing = true;
    sending.tail = tail;
    if (sending.part === null && this.#pump(sending)) this.#waiting.delete(id);
  }

  /** Takes back the memory of what was written. */
  recycle({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (buffer.byteLength >= shortestSpareBytes) this.#memory.give(buffer);
  }

  /** How many bodies wait for a window. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether there is more to send of a body. */
  has(id: number): boolean {
    return this.#waiting.has(id);
  }

  /** Forgets a body. */
  drop(id: number): void {
    // Nearly always there is none, and a map that is empty need not be asked.
    if (this.#waiting.size > 0) this.#waiting.delete(id);
  }

  /** The peer allows `increment` bytes more, on a stream or (0) on the connection. */
  grow(id: number, increment: number): void {
    if (id === 0) {
      this.#connection += increment;
      this.#pumpAll();
      return;
    }
    const sending = this.#waiting.get(id);
    if (sending === undefined) return;
    sending.window += increment;
    if (this.#pump(sending)) this.#waiting.delete(id);
  }

  /** The window that bodies begin with; those under way are moved by the difference. */
  setInitial(size: number): void {
    const difference = size - this.#initial;
    this.#initial = size;
    for (const sending of this.#waiting.values()) sending.window += difference;
    this.#pumpAll();
  }

  setMaxFrameSize(size: number): void {
    this.#maxFrameSize = size;
  }

  #pumpAll(): void {
    for (const sending of this.#waiting.values()) {
      if (this.#pump(sending)) this.#waiting.delete(sending.id);
    }
  }

  /** Sends all that may go now; true = it ended. */
  #pump(sending: Sending): boolean {
    while (!this.#sendAllowed(sending)) {
      if (sending.left > 0 || sending.following === null) return false;
      const { part } = sending;
      sending.part = null;
      part?.onSent?.();
      const next = sending.following.shift();
      if (next !== undefined) {
        sending.part = next;
        sending.body = next.pieces;
        sending.left = lengthOf(next.pieces);
        sending.piece = sending.offset = 0;
      } else if (sending.closing) sending.following = null;
      else return false;
    }
    return true;
  }

  /** In one write, so that no packet waits for another; true = it ended. */
  #sendAllowed(sending: Sending): boolean {
    const allowed = Math.max(0, Math.min(this.#connection, sending.window));
    const length = Math.min(allowed, sending.left);
    const ends = length === sending.left && sending.following === null;
    const headLength = sending.head?.byteLength ?? 0;
    if (length === 0 && headLength === 0 && !ends) return false;
    const tail = ends ? sending.tail : null;
    // A body that is empty still needs a frame, to end the stream.
    const least = ends && tail === null ? 1 : 0;
    const frames = Math.max(least, Math.ceil(length / this.#maxFrameSize));
    const end = headLength + frames * frameHeaderLength + length;
    const bytes = this.#memory.take(end + (tail?.byteLength ?? 0));
    if (sending.head) bytes.set(sending.head);
    if (tail) bytes.set(tail, end);
    const body = bytes.subarray(0, end);
    copyBody(sending, body, headLength + frames * frameHeaderLength, length);
    this.#divide(body, headLength, frames, ends && tail === null, sending.id);
    sending.head = null;
    sending.left -= length;
    sending.window -= length;
    this.#connection -= length;
    this.#write(bytes);
    return ends;
  }

  /**
   * Makes frames of a body that lies at the end of `bytes`: each frame's share moves forward, to
   * behind its header. Copied piece by piece, it would take a view for every frame.
   */
  #divide(bytes: Uint8Array, begin: number, frames: number, whole: boolean, id: number): void {
    let source = begin + frames * frameHeaderLength;
    let target = begin;
    for (let frame = 0; frame < frames; frame++) {
      const length = Math.min(this.#maxFrameSize, bytes.byteLength - source);
      const flags = whole && frame === frames - 1 ? frameFlag.endStream : frameFlag.none;
      writeFrameHeader(bytes, target, length, frameType.data, flags, id);
      target += frameHeaderLength;
      bytes.copyWithin(target, source, source + length);
      target += length;
      source += length;
    }
  }
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Copies the next `length` bytes of a body to `offset`. */
function copyBody(sending: Sending, target: Uint8Array, offset: number, length: number): void {
  for (let left = length; left > 0;) {
    const piece = sending.body[sending.piece]!;
    const end = Math.min(piece.byteLength, sending.offset + left);
    const isWhole = sending.offset === 0 && end === piece.byteLength;
    const part = isWhole ? piece : piece.subarray(sending.offset, end);
    target.set(part, offset);
    offset += part.byteLength;
    left -= part.byteLength;
    sending.offset = end;
    if (end < piece.byteLength) return;
    sending.piece++;
    sending.offset = 0;
  }
}
