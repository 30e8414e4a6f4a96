/** A request and its answer, whose body is gathered from DATA frames. */

import { MemoryPool } from "../../frame/memory_pool.ts";
import type { HeaderMap } from "./hpack.ts";

/** Headers of a request besides the pseudo headers. */
export type RequestHeaders = readonly (readonly [string, string])[];

/** A request. */
export interface Http2Request {
  readonly path: string;
  readonly headers: RequestHeaders;
  /** Piece by piece; they stay as they are until the exchange has ended. */
  readonly body: readonly Uint8Array[];
}

/** An answer, read to its end. */
export interface Http2Answer {
  readonly headers: HeaderMap;
  /** In memory that is used again, as soon as the answer was read. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Equal to `headers` when the answer is nothing else. */
  readonly trailers: HeaderMap;
}

/** A request for which the server has done nothing: it was refused, or never left. */
export class UnprocessedError extends Error {
  override readonly name = "UnprocessedError";
  constructor(reason: Error) {
    super(reason.message, { cause: reason });
  }
}

/** An answer that came, and is not read. */
export class UnreadableAnswerError extends Error {
  override readonly name = "UnreadableAnswerError";
}

// Methods, so that exchanges whose answers are read otherwise stand in one list.
interface Settling<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: Error): void;
}

const emptyBody = new Uint8Array();

/** One exchange; its caller waits for its `answer`. */
export class Exchange<T> {
  readonly request: Http2Request;
  /** Number of its stream; 0 while it waits for others to end. */
  id = 0;
  /** What the answer begins with. */
  headers: HeaderMap | undefined;
  readonly #read: (answer: Http2Answer) => T;
  readonly #settling: Settling<T> = Promise.withResolvers<T>();
  #body = emptyBody;
  #length = 0;

  /** `read` makes of an answer what is wanted of it. */
  constructor(request: Http2Request, read: (answer: Http2Answer) => T) {
    this.request = request;
    this.#read = read;
  }

  /** What was read of the answer. */
  get answer(): Promise<T> {
    return this.#settling.promise;
  }

  /** Takes a piece of the answer's body. */
  receive(piece: Uint8Array, memory: BodyMemory): void {
    const length = this.#length + piece.byteLength;
    if (length > this.#body.byteLength) this.#body = memory.grow(this.#body, length);
    this.#body.set(piece, this.#length);
    this.#length = length;
  }

  /** The answer is whole. */
  finish(trailers: HeaderMap): void {
    const { headers = trailers } = this;
    try {
      const body = this.#body.subarray(0, this.#length);
      this.#settling.resolve(this.#read({ headers, body, trailers }));
    } catch (error) {
      this.#settling.reject(error as Error);
    }
  }

  /** There will be no answer. */
  fail(reason: Error): void {
    this.#settling.reject(reason);
  }

  /** Gives the body's memory back. */
  release(memory: BodyMemory): void {
    memory.give(this.#body);
    this.#body = emptyBody;
  }
}

/** Answers whose memory is kept for later ones: few gather at the same time. */
const spareBodies = 2;

/** Memory for bodies of unknown length. */
export class BodyMemory {
  readonly #pool = new MemoryPool(spareBodies);
  /** Most are as long as those before. */
  #longest = 0;

  /** A body with room for `length` bytes, and what `body` holds, which is given back. */
  grow(body: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
    // At least twice as long, lest a long one be copied for each of its pieces.
    this.#longest = Math.max(this.#longest, length, 2 * body.byteLength);
    const larger = this.#pool.take(this.#longest);
    larger.set(body);
    this.give(body);
    return larger;
  }

  /** Takes back a body that is no longer used. */
  give({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (buffer.byteLength > 0) this.#pool.give(buffer);
  }
}
