/** Messages of a gRPC call that has any number of them. */

import { unreadable } from "../failure.ts";
import { framePrefixLength } from "./grpc_frame.ts";
import { readUint32 } from "../http2/frame.ts";

/** Whole messages from pieces of any size. */
export class MessageReader {
  readonly #mostBytes: number;
  readonly #onMessage: (message: Uint8Array) => void;
  /** What came of a frame that is not whole; used again for the next. */
  #buffer = new Uint8Array(1024);
  #length = 0;

  /** `onMessage` is given each message in memory that is used again. */
  constructor(mostBytes: number, onMessage: (message: Uint8Array) => void) {
    this.#mostBytes = mostBytes;
    this.#onMessage = onMessage;
  }

  /** @throws {InferenceError} for what is no message, and what its reader throws */
  add(piece: Uint8Array): void {
    let at = 0;
    // Most often whole messages come in a piece, and are not copied.
    while (this.#length === 0 && piece.byteLength - at >= framePrefixLength) {
      const end = at + this.#frameLength(piece.subarray(at));
      if (end > piece.byteLength) break;
      this.#onMessage(piece.subarray(at + framePrefixLength, end));
      at = end;
    }
    while (at < piece.byteLength) at = this.#gather(piece, at);
  }

  /** Takes what is lacking to the frame, and returns where the rest begins. */
  #gather(piece: Uint8Array, at: number): number {
    const whole = this.#length < framePrefixLength
      ? framePrefixLength
      : this.#frameLength(this.#buffer);
    const end = Math.min(piece.byteLength, at + whole - this.#length);
    const length = this.#length + end - at;
    if (length > this.#buffer.byteLength) {
      // Not as long as the server says at once, but with what it really sends.
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.byteLength));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(piece.subarray(at, end), this.#length);
    this.#length = length;
    if (length >= framePrefixLength && length === this.#frameLength(this.#buffer)) {
      this.#length = 0;
      this.#onMessage(this.#buffer.subarray(framePrefixLength, length));
    }
    return end;
  }

  /** Bytes of the frame that begins here. */
  #frameLength(bytes: Uint8Array): number {
    const length = readUint32(bytes, 1);
    const problem = bytes[0] !== 0
      ? "a message is compressed, which nothing asked for"
      : length > this.#mostBytes
      ? `a message of ${length} bytes, allowed are ${this.#mostBytes}`
      : null;
    if (problem !== null) throw unreadable("a stream of messages", problem);
    return framePrefixLength + length;
  }
}
