/** A request and its answer, whose body is gathered from DATA frames. */

import { MemoryPool } from "../../frame/memory_pool.ts";
import type { HeaderMap } from "./hpack.ts";
import type { SendWindows } from "./send_windows.ts";

/** Headers of a request besides the pseudo headers. */
export type RequestHeaders = readonly (readonly [string, string])[];

/** A request. */
export interface Http2Request {
  readonly path: string;
  readonly headers: RequestHeaders;
  /** Piece by piece; they stay as they are until the exchange has ended. */
  readonly body: readonly Uint8Array[];
}

/** What a connection does with one of its streams. */
export interface Http2Stream {
  readonly request: Pick<Http2Request, "path" | "headers">;
  /** Its number; 0 while it waits for others to end. */
  id: number;
  /** What the peer's side begins with. */
  headers: HeaderMap | undefined;
  /** Bytes that were received since the peer was last allowed more. */
  unacknowledged: number;
  /** Begins, with a frame of headers. */
  start(windows: SendWindows, head: Uint8Array): void;
  /** Takes bytes of the peer's body, which lie in memory that is used again. */
  receive(piece: Uint8Array, memory: BodyMemory): void;
  /** The peer's side is whole. */
  finish(trailers: HeaderMap): void;
  /** It ends otherwise. */
  fail(reason: Error): void;
  /** The connection takes no new streams; this one may go on for a while. */
  retire?(): void;
  /** Gives memory back, last of all. */
  release(memory: BodyMemory): void;
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
export class Exchange<T> implements Http2Stream {
  readonly request: Http2Request;
  id = 0;
  headers: HeaderMap | undefined;
  unacknowledged = 0;
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

  start(windows: SendWindows, head: Uint8Array): void {
    windows.send(this.id, head, this.request.body);
  }

  receive(piece: Uint8Array, memory: BodyMemory): void {
    const length = this.#length + piece.byteLength;
    if (length > this.#body.byteLength) this.#body = memory.grow(this.#body, length);
    this.#body.set(piece, this.#length);
    this.#length = length;
  }

  finish(trailers: HeaderMap): void {
    const { headers = trailers } = this;
    try {
      const body = this.#body.subarray(0, this.#length);
      this.#settling.resolve(this.#read({ headers, body, trailers }));
    } catch (error) {
      this.#settling.reject(error as Error);
    }
  }

  fail(reason: Error): void {
    this.#settling.reject(reason);
  }

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
    // At least twice as long, or a long one would be copied for each of its pieces.
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
