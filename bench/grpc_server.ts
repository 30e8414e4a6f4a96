/**
 * A gRPC server for unary calls that answers at once: as cheap as can be, so that a measurement is of
 * the client. It stands on the HTTP/2 frames of Sightline's own client, because `node:http2`, on which
 * `@grpc/grpc-js` serves, took its process down after some thirty connections.
 */

import {
  frameFlag,
  FrameReader,
  frameType,
  type Http2Frame,
  makeFrame,
  makeSettings,
  setting,
  uint32,
  unpad,
} from "../src/inference/http2/frame.ts";
import { encodeHeaders } from "../src/inference/http2/hpack.ts";
import { fromFrame, toFrame } from "../src/inference/grpc_frame.ts";
import { HeaderTable } from "../src/inference/http2/header_table.ts";
import { concatBytes } from "../src/concat_bytes.ts";

/** Answers one method. */
export interface GrpcHandler {
  /** Whether `answer` looks at the request; else it is never even put together. */
  readonly reads: boolean;
  /** The answer's message. */
  answer(request: Uint8Array): Uint8Array;
}

interface Call {
  readonly handler: GrpcHandler | undefined;
  readonly parts: Uint8Array[];
}

const prefaceLength = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length;
const maxFrameSize = 16_384;
const largestWindow = 0x7fffffff;
const firstWindow = 65_535;
const unimplemented = 12;

const answerHead = encodeHeaders([[":status", "200"], ["content-type", "application/grpc"]]);
const trailers = encodeHeaders([["grpc-status", "0"]]);

/** Listens on a port of this machine (0 = any) and serves for as long as the process lives. */
export function serveGrpc(port: number, handlers: ReadonlyMap<string, GrpcHandler>): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  void accept();
  return listener.addr.port;

  async function accept(): Promise<void> {
    for await (const tcp of listener) void new Connection(tcp, handlers).serve();
  }
}

class Connection {
  readonly #tcp: Deno.TcpConn;
  readonly #handlers: ReadonlyMap<string, GrpcHandler>;
  readonly #table = new HeaderTable();
  readonly #calls = new Map<number, Call>();
  /** Answers that the client has no room for. */
  readonly #held: { readonly id: number; readonly message: Uint8Array }[] = [];
  /** Parts of a header block that is not whole yet. */
  readonly #block: Uint8Array[] = [];
  #unsent: Uint8Array[] = [];
  #writing = false;
  #unacknowledged = 0;
  #window = firstWindow;

  constructor(tcp: Deno.TcpConn, handlers: ReadonlyMap<string, GrpcHandler>) {
    this.#tcp = tcp;
    this.#handlers = handlers;
  }

  async serve(): Promise<void> {
    try {
      this.#tcp.setNoDelay();
      await this.#skipPreface();
      this.#greet();
      const reader = new FrameReader(maxFrameSize);
      while (true) {
        const length = await this.#tcp.read(reader.space());
        if (length === null) break;
        reader.add(length);
        for (let frame = reader.next(); frame !== null; frame = reader.next()) this.#receive(frame);
        this.#flush();
      }
    } catch {
      // The client went away, or sent nonsense: not our error.
    }
    this.#close();
  }

  async #skipPreface(): Promise<void> {
    for (let missing = prefaceLength; missing > 0;) {
      const length = await this.#tcp.read(new Uint8Array(missing));
      if (length === null) throw new Error("the client left at once");
      missing -= length;
    }
  }

  #greet(): void {
    const settings = makeSettings([
      [setting.headerTableSize, 0],
      [setting.initialWindowSize, largestWindow],
    ]);
    this.#unsent.push(
      makeFrame(frameType.settings, frameFlag.none, 0, settings),
      makeFrame(frameType.windowUpdate, frameFlag.none, 0, uint32(largestWindow - firstWindow)),
    );
    this.#flush();
  }

  #receive(frame: Http2Frame): void {
    const { type, flags, stream, payload } = frame;
    const ended = (flags & frameFlag.endStream) !== 0;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    switch (type) {
      case frameType.data:
        return this.#receiveData(frame, ended);
      case frameType.headers:
      case frameType.continuation:
        this.#block.push(type === frameType.headers ? unpad(frame).slice() : payload.slice());
        if ((flags & frameFlag.endHeaders) !== 0) this.#begin(stream);
        return;
      case frameType.rstStream:
        this.#calls.delete(stream);
        return;
      case frameType.settings:
        if ((flags & frameFlag.ack) !== 0) return;
        this.#unsent.push(makeFrame(frameType.settings, frameFlag.ack, 0, new Uint8Array()));
        return;
      case frameType.ping:
        if ((flags & frameFlag.ack) !== 0) return;
        this.#unsent.push(makeFrame(frameType.ping, frameFlag.ack, 0, payload));
        return;
      case frameType.windowUpdate:
        // An answer fits into any client's window of one stream.
        if (stream === 0) this.#window += view.getUint32(0) & largestWindow;
        this.#sendHeld();
    }
  }

  #begin(id: number): void {
    const block = concatBytes(this.#block.splice(0));
    const path = this.#table.decode(block).get(":path") ?? "";
    this.#calls.set(id, { handler: this.#handlers.get(path), parts: [] });
  }

  #receiveData(frame: Http2Frame, ended: boolean): void {
    this.#unacknowledged += frame.payload.byteLength;
    if (this.#unacknowledged > largestWindow / 2) {
      const update = uint32(this.#unacknowledged);
      this.#unsent.push(makeFrame(frameType.windowUpdate, frameFlag.none, 0, update));
      this.#unacknowledged = 0;
    }
    const call = this.#calls.get(frame.stream);
    if (call === undefined) return;
    if (call.handler?.reads) call.parts.push(unpad(frame).slice());
    if (ended) this.#answer(frame.stream, call);
  }

  #answer(id: number, { handler, parts }: Call): void {
    this.#calls.delete(id);
    if (handler === undefined) {
      const words = encodeHeaders([
        [":status", "200"],
        ["content-type", "application/grpc"],
        ["grpc-status", String(unimplemented)],
      ]);
      const flags = frameFlag.endHeaders | frameFlag.endStream;
      this.#unsent.push(makeFrame(frameType.headers, flags, id, words));
      return;
    }
    const request = handler.reads ? fromFrame(concatBytes(parts)) : new Uint8Array();
    this.#held.push({ id, message: toFrame(handler.answer(request)) });
    this.#sendHeld();
  }

  #sendHeld(): void {
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      const { id, message } = next;
      if (message.byteLength > this.#window) return;
      this.#window -= message.byteLength;
      this.#held.shift();
      this.#unsent.push(makeFrame(frameType.headers, frameFlag.endHeaders, id, answerHead));
      for (let begin = 0; begin < message.byteLength; begin += maxFrameSize) {
        const part = message.subarray(begin, begin + maxFrameSize);
        this.#unsent.push(makeFrame(frameType.data, frameFlag.none, id, part));
      }
      const flags = frameFlag.endHeaders | frameFlag.endStream;
      this.#unsent.push(makeFrame(frameType.headers, flags, id, trailers));
    }
  }

  #flush(): void {
    if (this.#writing || this.#unsent.length === 0) return;
    this.#writing = true;
    void this.#write().catch(() => this.#close());
  }

  async #write(): Promise<void> {
    while (this.#unsent.length > 0) {
      let bytes = concatBytes(this.#unsent.splice(0));
      while (bytes.byteLength > 0) bytes = bytes.subarray(await this.#tcp.write(bytes));
    }
    this.#writing = false;
  }

  #close(): void {
    try {
      this.#tcp.close();
    } catch {
      // Closed before.
    }
  }
}
