/**
 * The client's side of one HTTP/2 connection: requests with a body, answers read to their end.
 *
 * Of our own, because both that Deno 2.9 has fail us: node:http2 takes the whole process down when
 * a server says goodbye (denoland/deno#36788), as every orderly restart does; fetch leaves Nagle's
 * algorithm on, so that a request may wait 40 ms for nothing (denoland/deno#35581), and hides the
 * trailers in which gRPC puts its status.
 */

import { concatBytes } from "../../concat_bytes.ts";
import {
  frameFlag,
  frameType,
  type Http2Frame,
  makeFrame,
  preface,
  readUint32,
  setting,
  uint32,
  unpad,
} from "./frame.ts";
import {
  BodyMemory,
  Exchange,
  type Http2Answer,
  type Http2Request,
  UnprocessedError,
  UnreadableAnswerError,
} from "./exchange.ts";
import { encodeHeaders, HeaderBlockCache, type HeaderMap } from "./hpack.ts";
import { type ByteStream, FrameLink, largestWindow } from "./frame_link.ts";

/** Bytes of a header block, each of whose frames may hold nearly 16 KiB: no error's text is longer. */
const mostHeaderBytes = 4 * 2 ** 20;
const codeRefused = 7;
const codeCancel = 8;

/** A header block that comes in several frames. */
interface HeaderBlock {
  readonly flags: number;
  readonly parts: Uint8Array[];
  length: number;
}

/** A connection that stands. It never mends itself: when it is over, make another. */
export class Http2Connection {
  readonly #link: FrameLink;
  readonly #origin: readonly (readonly [string, string])[];
  /** By the number of their stream. */
  readonly #exchanges = new Map<number, Exchange<unknown>>();
  /** Those for which the peer has no room yet, oldest first. */
  readonly #waiting: Exchange<unknown>[] = [];
  readonly #bodies = new BodyMemory();
  readonly #settled = Promise.withResolvers<void>();
  #nextId = 1;
  #maxStreams = Infinity;
  readonly #blocks = new HeaderBlockCache();
  /** The block of the last request: the next one's is the same, most likely. */
  #requestBlock:
    | Pick<Http2Request, "path" | "headers"> & { readonly block: Uint8Array }
    | undefined;
  /** The beginning of a header block that is not whole yet, with the flags of its first frame. */
  #headerBlock: HeaderBlock | undefined;
  #over: Error | undefined;

  private constructor(bytes: ByteStream, url: URL) {
    this.#link = new FrameLink(bytes, {
      onFrame: (frame) => this.#receive(frame),
      onSettings: (settings) => this.#applySettings(settings),
      onBroken: (error) => this.close(error),
    });
    this.#origin = [[":scheme", url.protocol.slice(0, -1)], [":authority", url.host]];
    // Those who wait for it are told; there may be none.
    this.#settled.promise.catch(() => undefined);
    void this.#readAll();
  }

  /** Begins the conversation, and resolves when the peer has shown that it speaks HTTP/2. */
  static async begin(bytes: ByteStream, url: URL): Promise<Http2Connection> {
    const connection = new Http2Connection(bytes, url);
    connection.#link.greet([[setting.headerTableSize, 0], [setting.enablePush, 0]], preface);
    await connection.#settled.promise;
    return connection;
  }

  /** Whether new requests can be made. */
  get usable(): boolean {
    return this.#over === undefined;
  }

  /**
   * Sends a request, and has the answer read when it is whole; as long as the peer has no room, the
   * request waits. The answer is rejected when the connection ends first, or `read` throws; with an
   * {@link UnprocessedError} when the server has done nothing for the request.
   */
  post<T>(request: Http2Request, read: (answer: Http2Answer) => T): Exchange<T> {
    const exchange = new Exchange(request, read);
    if (this.#over) exchange.fail(new UnprocessedError(this.#over));
    else if (this.#exchanges.size >= this.#maxStreams) this.#waiting.push(exchange);
    else this.#start(exchange);
    return exchange;
  }

  /** Gives an exchange up, for that reason; nothing happens when it has ended. */
  cancel(exchange: Exchange<unknown>, reason: Error): void {
    const index = this.#waiting.indexOf(exchange);
    if (index >= 0) {
      this.#waiting.splice(index, 1);
      exchange.fail(reason);
    } else if (this.#exchanges.get(exchange.id) === exchange) {
      this.#reset(exchange);
      exchange.fail(reason);
      this.#end(exchange);
    }
  }

  /** Ends the connection at once; what is under way is rejected with `reason`. */
  close(reason: Error): void {
    this.#drain(0, reason);
    this.#link.close();
  }

  #start(exchange: Exchange<unknown>): void {
    const id = exchange.id = this.#nextId;
    this.#nextId += 2;
    this.#exchanges.set(id, exchange);
    // Numbers of streams are used up one day; another connection has new ones.
    if (this.#nextId > largestWindow) this.#drain(id, new Error("the connection is used up"));
    const block = this.#block(exchange.request);
    const head = makeFrame(frameType.headers, frameFlag.endHeaders, id, block);
    this.#link.windows.send(id, head, exchange.request.body);
  }

  #block({ path, headers }: Http2Request): Uint8Array {
    const last = this.#requestBlock;
    if (last?.path === path && last.headers === headers) return last.block;
    const block = encodeHeaders([
      [":method", "POST"],
      ...this.#origin,
      [":path", path],
      ...headers,
    ]);
    this.#requestBlock = { path, headers, block };
    return block;
  }

  #reset({ id }: Exchange<unknown>): void {
    this.#link.write(makeFrame(frameType.rstStream, frameFlag.none, id, uint32(codeCancel)));
  }

  #end(exchange: Exchange<unknown>): void {
    this.#exchanges.delete(exchange.id);
    this.#link.windows.drop(exchange.id);
    exchange.release(this.#bodies);
    // Nothing more can come of it.
    if (this.#over && this.#exchanges.size === 0) this.#link.close();
    this.#startWaiting();
  }

  #startWaiting(): void {
    while (this.#waiting.length > 0 && this.#exchanges.size < this.#maxStreams && !this.#over) {
      this.#start(this.#waiting.shift()!);
    }
  }

  // No new requests; of those under way, the peer answers the ones up to `lastId`. The others fail
  // for the reason that is `theirs`.
  #drain(lastId: number, reason: Error, theirs = reason): void {
    this.#over ??= reason;
    this.#settled.reject(reason);
    for (const exchange of this.#exchanges.values()) {
      if (exchange.id <= lastId) continue;
      exchange.fail(theirs);
      this.#end(exchange);
    }
    if (this.#exchanges.size === 0) this.#link.close();
    for (const exchange of this.#waiting.splice(0)) {
      exchange.fail(new UnprocessedError(this.#over));
    }
  }

  async #readAll(): Promise<void> {
    try {
      await this.#link.readAll();
      throw new Error("the connection was closed by the server");
    } catch (error) {
      this.close(this.#over ?? error as Error);
    }
  }

  #receive(frame: Http2Frame): void {
    const { type, stream, payload } = frame;
    switch (type) {
      case frameType.data:
        return this.#receiveData(frame);
      case frameType.headers:
      case frameType.continuation:
        return this.#receiveHeaders(frame);
      case frameType.windowUpdate:
        return this.#link.windows.grow(stream, readUint32(payload, 0) & 0x7fffffff);
      case frameType.rstStream: {
        const exchange = this.#exchanges.get(stream);
        if (exchange === undefined) return;
        exchange.fail(streamError(readUint32(payload, 0)));
        return this.#end(exchange);
      }
      case frameType.goaway: {
        const reason = new Error(
          `the server ended the connection (code ${readUint32(payload, 4)})`,
        );
        const lastId = readUint32(payload, 0) & 0x7fffffff;
        return this.#drain(lastId, reason, new UnprocessedError(reason));
      }
    }
  }

  #receiveData(frame: Http2Frame): void {
    const exchange = this.#exchanges.get(frame.stream);
    exchange?.receive(unpad(frame), this.#bodies);
    if (exchange && (frame.flags & frameFlag.endStream) !== 0) this.#finish(exchange, new Map());
  }

  #receiveHeaders(frame: Http2Frame): void {
    const block = this.#wholeBlock(frame);
    if (block === null) return;
    const headers = this.#blocks.decode(block.bytes);
    const exchange = this.#exchanges.get(frame.stream);
    if (exchange === undefined) return;
    const ended = (block.flags & frameFlag.endStream) !== 0;
    // An informational answer (1xx) comes before the one that counts.
    if (!ended && headers.get(":status")?.startsWith("1")) return;
    exchange.headers ??= headers;
    if (ended) this.#finish(exchange, headers);
  }

  /** The header block that ends with this frame, and the flags of its first; null while it goes on. */
  #wholeBlock(frame: Http2Frame): { readonly bytes: Uint8Array; readonly flags: number } | null {
    const bytes = frame.type === frameType.headers ? unpad(frame) : frame.payload;
    const ended = (frame.flags & frameFlag.endHeaders) !== 0;
    const begun = this.#headerBlock;
    if (begun === undefined && ended) return { bytes, flags: frame.flags };
    const block = begun ?? { flags: frame.flags, parts: [], length: 0 };
    this.#headerBlock = ended ? undefined : block;
    block.length += bytes.byteLength;
    if (block.length > mostHeaderBytes) {
      // Blocks do not depend on each other, so this one can be left out to its end.
      block.parts.length = 0;
      this.#refuseHeaders(frame.stream);
      return null;
    }
    // The frame lies in memory that is used again.
    if (bytes.byteLength > 0) block.parts.push(new Uint8Array(bytes));
    return ended ? { bytes: concatBytes(block.parts), flags: block.flags } : null;
  }

  #refuseHeaders(stream: number): void {
    const exchange = this.#exchanges.get(stream);
    const words = `its headers are larger than ${mostHeaderBytes / 2 ** 20} MiB`;
    if (exchange) this.cancel(exchange, new UnreadableAnswerError(words));
  }

  #finish(exchange: Exchange<unknown>, trailers: HeaderMap): void {
    // The peer has said all it has to say; it need not be sent the rest of the request.
    if (this.#link.windows.has(exchange.id)) this.#reset(exchange);
    exchange.finish(trailers);
    this.#end(exchange);
  }

  #applySettings(settings: ReadonlyMap<number, number>): void {
    this.#maxStreams = settings.get(setting.maxConcurrentStreams) ?? this.#maxStreams;
    this.#settled.resolve();
    this.#startWaiting();
  }
}

function streamError(code: number): Error {
  const error = new Error(`the server broke off the request (code ${code})`);
  return code === codeRefused ? new UnprocessedError(error) : error;
}
