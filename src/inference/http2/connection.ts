/**
 * The client's side of one HTTP/2 connection: requests with a body and answers read to their end, and
 * streams that both sides write to.
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
import { Duplex, type DuplexEvents } from "./duplex.ts";
import {
  BodyMemory,
  Exchange,
  type Http2Answer,
  type Http2Request,
  type Http2Stream,
  UnprocessedError,
  UnreadableAnswerError,
} from "./exchange.ts";
import { encodeHeaders, HeaderBlockCache, type HeaderMap } from "./hpack.ts";
import { type ByteStream, FrameLink, largestWindow } from "./frame_link.ts";

/** Bytes of a header block, each of whose frames may hold nearly 16 KiB: no error's text is longer. */
const mostHeaderBytes = 4 * 2 ** 20;
const codeRefused = 7;
const codeCancel = 8;
/** Milliseconds for the answer to a ping. */
const pingMs = 5_000;

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
  /** By their numbers. */
  readonly #streams = new Map<number, Http2Stream>();
  /** Those for which the peer has no room yet, oldest first. */
  readonly #waiting: Http2Stream[] = [];
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
  #pinging: ReturnType<typeof setTimeout> | undefined;

  private constructor(bytes: ByteStream, url: URL, streamWindow: number) {
    this.#link = new FrameLink(bytes, {
      streamWindow,
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
  static async begin(
    bytes: ByteStream,
    url: URL,
    streamWindow = largestWindow,
  ): Promise<Http2Connection> {
    const connection = new Http2Connection(bytes, url, streamWindow);
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
    this.#enter(exchange);
    return exchange;
  }

  /** Begins a stream that both sides write to; as long as the peer has no room, it waits. */
  open(request: Pick<Http2Request, "path" | "headers">, events: DuplexEvents): Duplex {
    const duplex = new Duplex(request, events);
    this.#enter(duplex);
    return duplex;
  }

  /** Gives a stream up, for that reason; nothing happens when it has ended. */
  cancel(stream: Http2Stream, reason: Error): void {
    const index = this.#waiting.indexOf(stream);
    if (index >= 0) {
      this.#waiting.splice(index, 1);
      stream.fail(reason);
    } else if (this.#streams.get(stream.id) === stream) {
      this.#reset(stream);
      stream.fail(reason);
      this.#end(stream);
    }
  }

  /** Milliseconds since the peer last sent anything. */
  get silentMs(): number {
    return performance.now() - this.#link.lastReadAtMs;
  }

  /** Asks the peer for a sign of life, without which the connection is closed after some seconds. */
  ping(): void {
    if (this.#pinging !== undefined || this.#over) return;
    const { lastReadAtMs } = this.#link;
    this.#link.write(makeFrame(frameType.ping, frameFlag.none, 0, new Uint8Array(8)));
    this.#pinging = setTimeout(() => {
      this.#pinging = undefined;
      const silent = this.#link.lastReadAtMs === lastReadAtMs;
      if (silent) this.close(new Error(`the server answered no ping within ${pingMs} ms`));
    }, pingMs);
  }

  /** Ends the connection at once; what is under way is rejected with `reason`. */
  close(reason: Error): void {
    this.#drain(0, reason);
    this.#endLink();
  }

  #endLink(): void {
    clearTimeout(this.#pinging);
    this.#link.close();
  }

  #enter(stream: Http2Stream): void {
    if (this.#over) stream.fail(new UnprocessedError(this.#over));
    else if (this.#streams.size >= this.#maxStreams) this.#waiting.push(stream);
    else this.#start(stream);
  }

  #start(stream: Http2Stream): void {
    const id = stream.id = this.#nextId;
    this.#nextId += 2;
    this.#streams.set(id, stream);
    // Numbers of streams are used up one day; another connection has new ones.
    if (this.#nextId > largestWindow) this.#drain(id, new Error("the connection is used up"));
    const block = this.#block(stream.request);
    stream.start(
      this.#link.windows,
      makeFrame(frameType.headers, frameFlag.endHeaders, id, block),
    );
  }

  #block({ path, headers }: Pick<Http2Request, "path" | "headers">): Uint8Array {
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

  #reset({ id }: Http2Stream): void {
    this.#link.write(makeFrame(frameType.rstStream, frameFlag.none, id, uint32(codeCancel)));
  }

  #end(stream: Http2Stream): void {
    this.#streams.delete(stream.id);
    this.#link.windows.drop(stream.id);
    stream.release(this.#bodies);
    // Nothing more can come of it.
    if (this.#over && this.#streams.size === 0) this.#endLink();
    this.#startWaiting();
  }

  #startWaiting(): void {
    while (this.#waiting.length > 0 && this.#streams.size < this.#maxStreams && !this.#over) {
      this.#start(this.#waiting.shift()!);
    }
  }

  // No new requests; of those under way, the peer answers the ones up to `lastId`. The others fail
  // for the reason that is `theirs`.
  #drain(lastId: number, reason: Error, theirs = reason): void {
    this.#over ??= reason;
    this.#settled.reject(reason);
    for (const stream of [...this.#streams.values()]) {
      if (stream.id <= lastId) {
        stream.retire?.();
        continue;
      }
      stream.fail(theirs);
      this.#end(stream);
    }
    if (this.#streams.size === 0) this.#endLink();
    for (const stream of this.#waiting.splice(0)) stream.fail(new UnprocessedError(this.#over));
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
        const broken = this.#streams.get(stream);
        if (broken === undefined) return;
        broken.fail(streamError(readUint32(payload, 0)));
        return this.#end(broken);
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
    const stream = this.#streams.get(frame.stream);
    if (stream === undefined) return;
    stream.receive(unpad(frame), this.#bodies);
    if ((frame.flags & frameFlag.endStream) !== 0) return this.#finish(stream, new Map());
    // Padding counts as well.
    this.#link.received(stream, frame.payload.byteLength);
  }

  #receiveHeaders(frame: Http2Frame): void {
    const block = this.#wholeBlock(frame);
    if (block === null) return;
    const headers = this.#blocks.decode(block.bytes);
    const stream = this.#streams.get(frame.stream);
    if (stream === undefined) return;
    const ended = (block.flags & frameFlag.endStream) !== 0;
    // An informational answer (1xx) comes before the one that counts.
    if (!ended && headers.get(":status")?.startsWith("1")) return;
    stream.headers ??= headers;
    if (ended) this.#finish(stream, headers);
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

  #refuseHeaders(id: number): void {
    const stream = this.#streams.get(id);
    const words = `its headers are larger than ${mostHeaderBytes / 2 ** 20} MiB`;
    if (stream) this.cancel(stream, new UnreadableAnswerError(words));
  }

  #finish(stream: Http2Stream, trailers: HeaderMap): void {
    // The peer has said all it has to say; the rest of the request is of no use to it.
    if (this.#link.windows.has(stream.id)) this.#reset(stream);
    stream.finish(trailers);
    this.#end(stream);
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
