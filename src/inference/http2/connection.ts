/**
 * The client's side of one HTTP/2 connection: requests with a body, answers read to their end.
 *
 * Of our own, because both that Deno 2.9 has fail us: node:http2 takes the whole process down when
 * a server says goodbye (denoland/deno#36788), as every orderly restart does; fetch leaves Nagle's
 * algorithm on, so that a request may wait 40 ms for nothing (denoland/deno#35581), and hides the
 * trailers in which gRPC puts its status.
 */

import {
  type Frame,
  frameFlag,
  FrameReader,
  frameType,
  makeFrame,
  makeSettings,
  setting,
  uint32,
  unpad,
} from "./frame.ts";
import { BlockCache } from "./block_cache.ts";
import { encodeHeaders, type HeaderMap } from "./hpack.ts";
import { SendWindows } from "./send_windows.ts";

/** An answer, read to its end. */
export interface Http2Answer {
  readonly headers: HeaderMap;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Equal to `headers` when the answer is nothing else. */
  readonly trailers: HeaderMap;
}

interface Stream {
  readonly id: number;
  readonly resolve: (answer: Http2Answer) => void;
  readonly reject: (error: Error) => void;
  readonly chunks: Uint8Array[];
  headers: HeaderMap | undefined;
}

/** Headers of a request besides the pseudo headers. */
export type RequestHeaders = readonly (readonly [string, string])[];

/** The bytes of a connection, once it stands. */
export type ByteStream = Pick<Deno.Conn, "read" | "write" | "close">;

const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
// What HTTP/2 begins with, and we leave so.
const maxFrameSize = 16_384;
const firstWindow = 65_535;
// The peer may send as much as it likes: answers are what we asked for.
const largestWindow = 0x7fffffff;
const codeCancel = 8;

/** A connection that stands. It never mends itself: when it is over, make another. */
export class Http2Connection {
  readonly #bytes: ByteStream;
  readonly #origin: readonly (readonly [string, string])[];
  readonly #streams = new Map<number, Stream>();
  readonly #waiting: (() => void)[] = [];
  readonly #windows = new SendWindows((frames) => this.#write(frames));
  readonly #settled = Promise.withResolvers<void>();
  #writing: Promise<void> = Promise.resolve();
  #unsent: Uint8Array[] = [];
  #nextId = 1;
  #maxStreams = Infinity;
  #unacknowledged = 0;
  readonly #blocks = new BlockCache();
  /** The block of the last request: the next one's is the same, most likely. */
  #requestBlock: {
    readonly path: string;
    readonly headers: RequestHeaders;
    readonly block: Uint8Array;
  } | undefined;
  #headerBlock: { readonly frame: Frame; readonly parts: Uint8Array[] } | undefined;
  #over: Error | undefined;
  #closed = false;

  private constructor(bytes: ByteStream, url: URL) {
    this.#bytes = bytes;
    this.#origin = [[":scheme", url.protocol.slice(0, -1)], [":authority", url.host]];
    // Whoever waits for it is told; nobody has to.
    this.#settled.promise.catch(() => undefined);
    void this.#readAll();
  }

  /** Begins the conversation, and resolves when the peer has shown that it speaks HTTP/2. */
  static async begin(bytes: ByteStream, url: URL): Promise<Http2Connection> {
    const connection = new Http2Connection(bytes, url);
    const settings = makeSettings([
      [setting.headerTableSize, 0],
      [setting.enablePush, 0],
      [setting.initialWindowSize, largestWindow],
    ]);
    connection.#write([
      preface,
      makeFrame(frameType.settings, frameFlag.none, 0, settings),
      makeFrame(frameType.windowUpdate, frameFlag.none, 0, uint32(largestWindow - firstWindow)),
    ]);
    await connection.#settled.promise;
    return connection;
  }

  /** Whether new requests can be made. */
  get usable(): boolean {
    return this.#over === undefined;
  }

  /** Sends a request; rejects when the connection ends first, or with the signal's reason. */
  async post(
    path: string,
    headers: RequestHeaders,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<Http2Answer> {
    while (this.#streams.size >= this.#maxStreams && !signal.aborted) await this.#room(signal);
    const onAbort = () => this.#cancel(id, signal.reason);
    const id = this.#nextId;
    try {
      signal.throwIfAborted();
      if (this.#over) throw this.#over;
      signal.addEventListener("abort", onAbort, { once: true });
      return await this.#start(id, path, headers, body);
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#waiting.shift()?.();
    }
  }

  /** Ends the connection at once; what is under way is rejected with `reason`. */
  close(reason: Error): void {
    this.#drain(0, reason);
    this.#closeBytes();
  }

  #closeBytes(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#bytes.close();
    } catch {
      // Whoever dialled ran out of patience and closed it.
    }
  }

  // Until a request has ended, or the signal aborts.
  async #room(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const onAbort = () => resolve();
    this.#waiting.push(resolve);
    signal.addEventListener("abort", onAbort, { once: true });
    await promise;
    signal.removeEventListener("abort", onAbort);
    const index = this.#waiting.indexOf(resolve);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  #block(path: string, headers: RequestHeaders): Uint8Array {
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

  #start(
    id: number,
    path: string,
    headers: RequestHeaders,
    body: Uint8Array,
  ): Promise<Http2Answer> {
    this.#nextId += 2;
    // Numbers of streams are used up one day; another connection has new ones.
    if (this.#nextId > largestWindow) this.#drain(id, new Error("the connection is used up"));
    const { promise, resolve, reject } = Promise.withResolvers<Http2Answer>();
    this.#streams.set(id, { id, resolve, reject, chunks: [], headers: undefined });
    const block = this.#block(path, headers);
    const head = makeFrame(frameType.headers, frameFlag.endHeaders, id, block);
    this.#windows.send(id, head, body);
    return promise;
  }

  #cancel(id: number, reason: Error): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#write([makeFrame(frameType.rstStream, frameFlag.none, id, uint32(codeCancel))]);
    this.#end(stream).reject(reason);
  }

  #end(stream: Stream): Stream {
    this.#streams.delete(stream.id);
    this.#windows.drop(stream.id);
    // Nothing more can come of it.
    if (this.#over && this.#streams.size === 0) this.#closeBytes();
    return stream;
  }

  // No new requests; of those under way, the peer answers the ones up to `lastId`.
  #drain(lastId: number, reason: Error): void {
    this.#over ??= reason;
    this.#settled.reject(reason);
    for (const stream of [...this.#streams.values()]) {
      if (stream.id > lastId) this.#end(stream).reject(reason);
    }
    if (this.#streams.size === 0) this.#closeBytes();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  // What gathers while a write is under way goes out together in the next.
  #write(frames: readonly Uint8Array[]): void {
    const idle = this.#unsent.length === 0;
    this.#unsent.push(...frames);
    if (idle) this.#writing = this.#writing.then(() => this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    const pieces = this.#unsent;
    let bytes = join(pieces);
    this.#unsent = [];
    try {
      while (bytes.byteLength > 0) bytes = bytes.subarray(await this.#bytes.write(bytes));
      pieces.forEach((piece) => this.#windows.recycle(piece));
    } catch (error) {
      this.close(error as Error);
    }
  }

  async #readAll(): Promise<void> {
    const reader = new FrameReader(maxFrameSize);
    try {
      while (true) {
        const length = await this.#bytes.read(reader.space());
        if (length === null) throw new Error("the connection was closed by the server");
        for (const frame of reader.read(length)) this.#receive(frame);
      }
    } catch (error) {
      this.close(this.#over ?? error as Error);
    }
  }

  #receive(frame: Frame): void {
    const { type, flags, stream, payload } = frame;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    switch (type) {
      case frameType.data:
        return this.#receiveData(frame);
      case frameType.headers:
        return this.#receiveHeaders({ ...frame, payload: new Uint8Array(unpad(frame)) });
      case frameType.continuation:
        return this.#receiveHeaders(frame);
      case frameType.settings:
        if ((flags & frameFlag.ack) === 0) this.#applySettings(view);
        return;
      case frameType.ping:
        if ((flags & frameFlag.ack) === 0) {
          this.#write([makeFrame(frameType.ping, frameFlag.ack, 0, payload)]);
        }
        return;
      case frameType.windowUpdate:
        return this.#windows.grow(stream, view.getUint32(0) & 0x7fffffff);
      case frameType.rstStream: {
        const reset = this.#streams.get(stream);
        if (reset) this.#end(reset).reject(streamError(view.getUint32(0)));
        return;
      }
      case frameType.goaway:
        return this.#drain(
          view.getUint32(0) & 0x7fffffff,
          new Error(`the server ended the connection (code ${view.getUint32(4)})`),
        );
    }
  }

  #receiveData(frame: Frame): void {
    const stream = this.#streams.get(frame.stream);
    stream?.chunks.push(new Uint8Array(unpad(frame)));
    // Only the connection's window can ever run low: a stream's is as large as can be.
    this.#unacknowledged += frame.payload.byteLength;
    if (this.#unacknowledged > largestWindow / 2) {
      const update = uint32(this.#unacknowledged);
      this.#write([makeFrame(frameType.windowUpdate, frameFlag.none, 0, update)]);
      this.#unacknowledged = 0;
    }
    if (stream && (frame.flags & frameFlag.endStream) !== 0) this.#finish(stream, new Map());
  }

  #receiveHeaders(frame: Frame): void {
    const block = this.#headerBlock ?? { frame, parts: [] };
    block.parts.push(new Uint8Array(frame.payload));
    this.#headerBlock = (frame.flags & frameFlag.endHeaders) === 0 ? block : undefined;
    if (this.#headerBlock) return;
    const headers = this.#blocks.decode(join(block.parts));
    const stream = this.#streams.get(frame.stream);
    if (stream === undefined) return;
    const ended = (block.frame.flags & frameFlag.endStream) !== 0;
    // An informational answer (1xx) comes before the one that counts.
    if (!ended && headers.get(":status")?.startsWith("1")) return;
    stream.headers ??= headers;
    if (ended) this.#finish(stream, headers);
  }

  #finish(stream: Stream, trailers: HeaderMap): void {
    // The peer has said all it has to say; it need not hear the rest of the request.
    if (this.#windows.has(stream.id)) {
      this.#write([makeFrame(frameType.rstStream, frameFlag.none, stream.id, uint32(codeCancel))]);
    }
    const { headers = trailers, chunks, resolve } = this.#end(stream);
    resolve({ headers, body: join(chunks), trailers });
  }

  #applySettings(view: DataView): void {
    for (let offset = 0; offset + 6 <= view.byteLength; offset += 6) {
      const value = view.getUint32(offset + 2);
      const id = view.getUint16(offset);
      if (id === setting.maxConcurrentStreams) this.#maxStreams = value;
      if (id === setting.initialWindowSize) this.#windows.setInitial(value);
      if (id === setting.maxFrameSize) this.#windows.setMaxFrameSize(value);
    }
    this.#write([makeFrame(frameType.settings, frameFlag.ack, 0, new Uint8Array())]);
    this.#settled.resolve();
  }
}

function streamError(code: number): Error {
  return new Error(`the server broke off the request (code ${code})`);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const [first] = parts;
  if (parts.length === 1 && first) return first as Uint8Array<ArrayBuffer>;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}
