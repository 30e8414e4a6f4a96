/** The server's side of HTTP/2, frame by frame, for what no server library can be made to do. */

import {
  frameFlag,
  FrameReader,
  frameType,
  makeFrame,
  makeSettings,
  preface,
  uint32,
} from "../../src/inference/http2/frame.ts";
import { encodeHeaders } from "../../src/inference/http2/hpack.ts";

const empty = new Uint8Array();

/** One request. */
export interface PeerRequest {
  /** The connection's number, from 0. */
  readonly connection: number;
  readonly stream: number;
  /** Answers as gRPC does, with one message. */
  answer(message: Uint8Array): void;
  /** Sends the headers that gRPC's answers begin with; then come messages and an end. */
  begin(): void;
  /** One message of an answer, in DATA frames of at most so many bytes. @default {one frame} */
  message(message: Uint8Array, frameBytes?: number): void;
  /** Trailers; without `begin` before it, an answer of trailers only. */
  finish(status: number, words?: string): void;
  /** RST_STREAM. */
  reset(code: number): void;
  /** GOAWAY. */
  goaway(lastStream: number, code?: number): void;
  /** Anything. */
  send(bytes: Uint8Array): void;
  /** Closes the connection once all was sent. */
  end(): void;
}

/** Settings of {@link withHttp2Peer}. */
export interface PeerOptions {
  /** A request has come to its end. */
  onRequest?(request: PeerRequest): void;
  /** Bytes of a request's body came, in memory that is used again. */
  onData?(request: PeerRequest, bytes: Uint8Array): void;
  /** The client has broken a request off. */
  onReset?(request: PeerRequest): void;
  /** What its SETTINGS hold. */
  readonly settings?: readonly (readonly [id: number, value: number])[];
  /** Awaited before a connection's SETTINGS go out. */
  settle?(): Promise<void>;
}

/** A peer that listens. */
export interface Http2Peer extends AsyncDisposable {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
}

export function withHttp2Peer(
  { onRequest, onData, onReset, settings = [], settle }: PeerOptions,
): Http2Peer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const running: Promise<void>[] = [];
  let connections = 0;
  running.push(accept());
  return {
    port: listener.addr.port,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) close(connection);
      await Promise.all(running);
    },
  };

  async function accept(): Promise<void> {
    try {
      for await (const connection of listener) {
        connection.setNoDelay();
        open.add(connection);
        running.push(serve(connection, connections++).catch(() => {}));
      }
    } catch {
      // It was closed.
    }
  }

  async function serve(connection: Deno.TcpConn, number: number): Promise<void> {
    await settle?.();
    const greeting = frame(frameType.settings, frameFlag.none, 0, makeSettings(settings));
    let writing = connection.write(greeting).then(() => {});
    const write = (...frames: Uint8Array[]) => {
      for (const bytes of frames) {
        writing = writing.then(async () => void await connection.write(bytes)).catch(() => {});
      }
    };
    const requests: Record<number, PeerRequest> = {};
    await readExactly(connection, preface.byteLength);
    const reader = new FrameReader(1 << 20);
    for (let length: number | null; (length = await connection.read(reader.space())) !== null;) {
      reader.add(length);
      for (let next = reader.next(); next !== null; next = reader.next()) {
        if (next.type === frameType.rstStream) onReset?.(request(next.stream));
        if (next.type !== frameType.data) continue;
        const one = request(next.stream);
        if (next.payload.byteLength > 0) onData?.(one, next.payload);
        if ((next.flags & frameFlag.endStream) !== 0) onRequest?.(one);
      }
    }

    function request(stream: number): PeerRequest {
      let begun = false;
      return requests[stream] ??= {
        connection: number,
        stream,
        begin: () => {
          begun = true;
          const block = headers([":status", "200"], ["content-type", "application/grpc"]);
          write(frame(frameType.headers, frameFlag.endHeaders, stream, block));
        },
        message: (message, frameBytes = Infinity) => {
          const framed = framedMessage(message);
          for (let at = 0; at < framed.byteLength; at += frameBytes) {
            const part = framed.subarray(at, Math.min(framed.byteLength, at + frameBytes));
            write(frame(frameType.data, frameFlag.none, stream, part));
          }
        },
        finish: (status, words = "") => {
          const first: [string, string][] = begun
            ? []
            : [[":status", "200"], ["content-type", "application/grpc"]];
          const block = headers(...first, ["grpc-status", String(status)], ["grpc-message", words]);
          const flags = frameFlag.endHeaders | frameFlag.endStream;
          write(frame(frameType.headers, flags, stream, block));
        },
        answer: (message) => {
          write(
            frame(frameType.headers, frameFlag.endHeaders, stream, headers([":status", "200"])),
            frame(frameType.data, frameFlag.none, stream, framedMessage(message)),
            frame(
              frameType.headers,
              frameFlag.endHeaders | frameFlag.endStream,
              stream,
              headers(["grpc-status", "0"]),
            ),
          );
        },
        reset: (code) => write(frame(frameType.rstStream, frameFlag.none, stream, uint32(code))),
        send: (bytes) => write(bytes),
        end: () => void writing.then(() => connection.close()).catch(() => {}),
        goaway: (lastStream, code = 0) => {
          const payload = new Uint8Array([...uint32(lastStream), ...uint32(code)]);
          write(frame(frameType.goaway, frameFlag.none, 0, payload));
        },
      };
    }
  }
}

/** A message in gRPC's frame. */
export function framedMessage(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(5 + message.byteLength);
  framed.set(uint32(message.byteLength), 1);
  framed.set(message, 5);
  return framed;
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It was closed before.
  }
}

async function readExactly(connection: Deno.Conn, count: number): Promise<void> {
  for (let left = count; left > 0;) {
    const length = await connection.read(new Uint8Array(left));
    if (length === null) throw new Error("Cannot read the preface: the connection has ended");
    left -= length;
  }
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array = empty) {
  return makeFrame(type, flags, stream, payload);
}

function headers(...list: [string, string][]): Uint8Array {
  return encodeHeaders(list);
}
