/**
 * The server's side of one HTTP/2 connection: requests read to their end, answers with trailers.
 *
 * On the frames of our own client, because node:http2, on which `@grpc/grpc-js` serves, keeps some
 * 600 KB of every client that breaks off in a large request, and has taken its process down; and
 * `Deno.serve` has no trailers, in which gRPC puts its status.
 */

import {
  frameFlag,
  FrameReader,
  frameType,
  type Http2Frame,
  makeFrame,
  makeSettings,
  readUint32,
  setting,
  uint32,
  unpad,
} from "../inference/http2/frame.ts";
import { HeaderTable } from "../inference/http2/header_table.ts";
import { encodeHeaders, type HeaderMap } from "../inference/http2/hpack.ts";
import { SendWindows } from "../inference/http2/send_windows.ts";
import { concatBytes } from "../concat_bytes.ts";

/** Headers or trailers, names in lower case. */
export type Headers2 = readonly (readonly [name: string, value: string])[];

/** An answer; one without a body is all headers. */
export interface Answer {
  readonly headers: Headers2;
  readonly body?: Uint8Array;
  readonly trailers?: Headers2;
}

/** Who answers requests. */
export interface Responder {
  /** Null when the request is welcome; else its body is not kept. */
  refuse(headers: HeaderMap): Answer | null;
  /** Never throws; what it says after the signal, which the client breaks off by, is not sent. */
  answer(
    headers: HeaderMap,
    body: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<Answer>;
  /** For a body that is larger than a request may be, or than there is room for. */
  readonly tooLarge: Answer;
}

/** Memory for requests that are not whole yet, shared by all connections, in bytes. */
export interface Budget {
  /** Of one request. */
  readonly perRequest: number;
  /** What is left for all. */
  left: number;
}

interface Call {
  readonly headers: HeaderMap;
  readonly parts: Uint8Array[];
  /** Counted against the budget. */
  byteLength: number;
  /** Of a request that is whole: ends the work on its answer. */
  work: AbortController | null;
  /** Set when the body does not matter any more. */
  refusal: Answer | null;
  /** By how much the client has opened its window for the answer. */
  window: number;
}

const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const maxFrameSize = 16_384;
const firstWindow = 65_535;
const largestWindow = 0x7fffffff;
const maxStreams = 100;
/** Calls that were broken off run on in the model; more than these are not begun. */
const maxRunning = 2 * maxStreams;
const maxBlockBytes = 65_536;
/** A client that does not read is not read from either. */
const maxUnsentBytes = 1 << 20;
const refusedStream = 7;

/** A connection, from its first byte on. */
export class Http2Session {
  readonly #tcp: Deno.TcpConn;
  readonly #responder: Responder;
  readonly #budget: Budget;
  readonly #table = new HeaderTable();
  /** Requests that have not been answered, by the number of their stream. */
  readonly #calls = new Map<number, Call>();
  readonly #windows = new SendWindows((frames) => this.#write(frames));
  readonly #unsent: Uint8Array<ArrayBuffer>[] = [];
  #unsentBytes = 0;
  #writing = false;
  #drained = Promise.withResolvers<void>();
  /** The beginning of a header block that is not whole yet. */
  #block: { readonly stream: number; readonly flags: number; parts: Uint8Array[] } | null = null;
  #lastStream = 0;
  #running = 0;
  #unacknowledged = 0;
  #closed = false;
  /** When the client was last heard, on the clock of `performance.now()`. */
  heardAtMs = performance.now();
  /** Whether it has shown that it speaks HTTP/2. */
  greeted = false;

  constructor(tcp: Deno.TcpConn, responder: Responder, budget: Budget) {
    this.#tcp = tcp;
    this.#responder = responder;
    this.#budget = budget;
  }

  /** Serves until the client goes, or breaks the protocol; never throws. */
  async serve(): Promise<void> {
    try {
      this.#tcp.setNoDelay();
      await this.#readPreface();
      this.greeted = true;
      this.#greet();
      const reader = new FrameReader(maxFrameSize);
      while (!this.#closed) {
        while (this.#unsentBytes > maxUnsentBytes) await this.#drained.promise;
        const length = await this.#tcp.read(reader.space());
        if (length === null) break;
        this.heardAtMs = performance.now();
        reader.add(length);
        for (let frame = reader.next(); frame !== null; frame = reader.next()) this.#receive(frame);
      }
    } catch {
      // It went away, or spoke nonsense: its own loss.
    }
    this.close();
  }

  /** Asks the client for a sign of life. */
  ping(): void {
    if (this.greeted) this.#write(makeFrame(frameType.ping, frameFlag.none, 0, new Uint8Array(8)));
  }

  /** Ends it at once; answers that are on their way are dropped. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const id of [...this.#calls.keys()]) this.#drop(id);
    this.#unsentBytes = 0;
    this.#drained.resolve();
    try {
      this.#tcp.close();
    } catch {
      // Closed by the other side.
    }
  }

  async #readPreface(): Promise<void> {
    const bytes = new Uint8Array(preface.byteLength);
    for (let at = 0; at < bytes.byteLength;) {
      const length = await this.#tcp.read(bytes.subarray(at));
      if (length === null) throw new Error("it left at once");
      at += length;
      const begun = bytes.subarray(0, at);
      if (!begun.every((byte, index) => byte === preface[index])) throw new Error("no HTTP/2");
    }
  }

  #greet(): void {
    const settings = makeSettings([
      [setting.headerTableSize, 0],
      [setting.maxConcurrentStreams, maxStreams],
      [setting.initialWindowSize, largestWindow],
    ]);
    this.#write(makeFrame(frameType.settings, frameFlag.none, 0, settings));
    const update = uint32(largestWindow - firstWindow);
    this.#write(makeFrame(frameType.windowUpdate, frameFlag.none, 0, update));
  }

  #receive(frame: Http2Frame): void {
    const { type, flags, stream, payload } = frame;
    if (
      this.#block !== null && (type !== frameType.continuation || stream !== this.#block.stream)
    ) {
      throw new Error("a header block was not continued");
    }
    switch (type) {
      case frameType.data:
        return this.#receiveData(frame);
      case frameType.headers:
      case frameType.continuation:
        return this.#receiveHeaders(frame);
      case frameType.rstStream:
        this.#windows.drop(stream);
        return this.#drop(stream);
      case frameType.settings:
        if ((flags & frameFlag.ack) === 0) this.#applySettings(payload);
        return;
      case frameType.ping:
        if ((flags & frameFlag.ack) !== 0) return;
        return this.#write(makeFrame(frameType.ping, frameFlag.ack, 0, payload.slice(0, 8)));
      case frameType.windowUpdate: {
        const increment = readUint32(payload, 0) & largestWindow;
        const call = this.#calls.get(stream);
        // Of an answer that is not begun, it is remembered until then.
        if (call) call.window += increment;
        else this.#windows.grow(stream, increment);
      }
    }
  }

  #receiveHeaders(frame: Http2Frame): void {
    const { type, flags, stream } = frame;
    const isContinued = type === frameType.continuation;
    if (isContinued && this.#block === null) throw new Error("no header block to continue");
    const block = this.#block ??= { stream, flags, parts: [] };
    // The frame lies in memory that is used again.
    block.parts.push((isContinued ? frame.payload : unpad(frame)).slice());
    const size = block.parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (size > maxBlockBytes) throw new Error("its headers are too large");
    if ((flags & frameFlag.endHeaders) === 0) return;
    this.#block = null;
    // Always, since what it remembers is needed for the blocks that follow.
    const headers = this.#table.decode(concatBytes(block.parts));
    const isEnd = (block.flags & frameFlag.endStream) !== 0;
    if (stream > this.#lastStream) this.#begin(stream, headers);
    if (isEnd) this.#finish(stream);
  }

  #begin(id: number, headers: HeaderMap): void {
    if (id % 2 === 0) throw new Error("its streams have odd numbers");
    this.#lastStream = id;
    if (this.#calls.size + this.#windows.waiting >= maxStreams || this.#running >= maxRunning) {
      this.#write(makeFrame(frameType.rstStream, frameFlag.none, id, uint32(refusedStream)));
      return;
    }
    const refusal = this.#responder.refuse(headers);
    this.#calls.set(id, {
      headers,
      parts: [],
      byteLength: 0,
      work: null,
      refusal,
      window: 0,
    });
  }

  #receiveData(frame: Http2Frame): void {
    const { stream, flags, payload } = frame;
    if (stream === 0 || stream > this.#lastStream) throw new Error("data of no request");
    this.#acknowledge(payload.byteLength);
    const call = this.#calls.get(stream);
    if (call?.work) throw new Error("data behind the end of a request");
    if (call !== undefined && call.refusal === null) this.#keep(call, unpad(frame));
    if ((flags & frameFlag.endStream) !== 0) this.#finish(stream);
  }

  #keep(call: Call, part: Uint8Array): void {
    const { perRequest, left } = this.#budget;
    if (call.byteLength + part.byteLength > perRequest || part.byteLength > left) {
      call.refusal = this.#responder.tooLarge;
      return this.#release(call);
    }
    call.parts.push(part.slice());
    call.byteLength += part.byteLength;
    this.#budget.left -= part.byteLength;
  }

  // Only the connection's window can ever run low: a stream's is as large as can be.
  #acknowledge(byteLength: number): void {
    this.#unacknowledged += byteLength;
    if (this.#unacknowledged < largestWindow / 2) return;
    this.#write(makeFrame(frameType.windowUpdate, frameFlag.none, 0, uint32(this.#unacknowledged)));
    this.#unacknowledged = 0;
  }

  /** The request is whole. */
  #finish(id: number): void {
    const call = this.#calls.get(id);
    if (call === undefined || call.work !== null) return;
    call.work = new AbortController();
    if (call.refusal !== null) return this.#answer(id, call, call.refusal);
    const body = concatBytes(call.parts.splice(0));
    // It is there until it is answered, even if the client breaks off.
    const { byteLength } = call;
    call.byteLength = 0;
    this.#running++;
    void this.#responder.answer(call.headers, body, call.work.signal).then((answer) => {
      this.#running--;
      this.#budget.left += byteLength;
      this.#answer(id, call, answer);
    });
  }

  #answer(id: number, call: Call, { headers, body, trailers }: Answer): void {
    // It was broken off meanwhile.
    if (this.#calls.get(id) !== call) return;
    this.#drop(id);
    if (body === undefined) {
      const flags = frameFlag.endHeaders | frameFlag.endStream;
      return this.#write(makeFrame(frameType.headers, flags, id, encodeHeaders(headers)));
    }
    const head = makeFrame(frameType.headers, frameFlag.endHeaders, id, encodeHeaders(headers));
    const tail = trailers && makeFrame(
      ...[frameType.headers, frameFlag.endHeaders | frameFlag.endStream, id] as const,
      encodeHeaders(trailers),
    );
    this.#windows.send(id, head, [body], tail);
    if (call.window > 0) this.#windows.grow(id, call.window);
  }

  #drop(id: number): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    call.work?.abort();
    this.#release(call);
  }

  #release(call: Call): void {
    this.#budget.left += call.byteLength;
    call.byteLength = 0;
    call.parts.length = 0;
  }

  #applySettings(payload: Uint8Array): void {
    for (let offset = 0; offset + 6 <= payload.byteLength; offset += 6) {
      const id = payload[offset]! << 8 | payload[offset + 1]!;
      const value = readUint32(payload, offset + 2);
      if (id === setting.initialWindowSize) this.#windows.setInitial(value);
      if (id === setting.maxFrameSize) this.#windows.setMaxFrameSize(value);
    }
    this.#write(makeFrame(frameType.settings, frameFlag.ack, 0, new Uint8Array()));
  }

  #write(frames: Uint8Array<ArrayBuffer>): void {
    if (this.#closed) return;
    this.#unsent.push(frames);
    this.#unsentBytes += frames.byteLength;
    if (!this.#writing) void this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    try {
      for (let frames = this.#unsent.shift(); frames !== undefined; frames = this.#unsent.shift()) {
        for (let at = 0; at < frames.byteLength;) {
          at += await this.#tcp.write(frames.subarray(at));
        }
        this.#windows.recycle(frames);
        this.#unsentBytes -= frames.byteLength;
        if (this.#unsentBytes > maxUnsentBytes) continue;
        this.#drained.resolve();
        this.#drained = Promise.withResolvers();
      }
    } catch {
      this.close();
    }
    this.#writing = false;
  }
}
