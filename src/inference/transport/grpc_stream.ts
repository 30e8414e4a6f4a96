/** A gRPC call in which both sides send messages for as long as they like. */

import { serverFailure, unreadable } from "../failure.ts";
import { fromHttpStatus, fromTrailers } from "./grpc_error.ts";
import { MessageReader } from "./grpc_messages.ts";
import type { Http2Connection } from "../http2/connection.ts";
import type { Duplex } from "../http2/duplex.ts";
import { type Http2Request, UnprocessedError, UnreadableAnswerError } from "../http2/exchange.ts";
import type { HeaderMap } from "../http2/hpack.ts";
import type { BodyPart } from "../http2/send_windows.ts";
import { InferenceError } from "../inference.ts";

/** Bytes of a message: more than the largest picture takes that is ever asked of a camera. */
const mostMessageBytes = 2 ** 28;

/** What becomes of a {@link GrpcStream}. */
export interface GrpcStreamEvents {
  /**
   * A message came, in memory that is used again. What it throws ends the stream, as a server that
   * says what cannot be read will go on doing so.
   */
  onMessage(message: Uint8Array): void;
  /** The server takes no new streams on this connection, and lets this one go on for a while. */
  onRetire(): void;
  /** The stream has ended, in good order (null) or not. Once, and nothing comes after it. */
  onEnd(failure: InferenceError | null): void;
}

/** One call. Its connection may be closed under it, and that is its end. */
export class GrpcStream {
  readonly #connection: Http2Connection;
  readonly #url: URL;
  readonly #events: GrpcStreamEvents;
  readonly #duplex: Duplex;
  readonly #messages = new MessageReader(
    mostMessageBytes,
    (message) => this.#events.onMessage(message),
  );
  #ended = false;

  /** `url`: `http:` or `https:`, for messages. */
  constructor(
    connection: Http2Connection,
    request: Pick<Http2Request, "path" | "headers">,
    url: URL,
    events: GrpcStreamEvents,
  ) {
    this.#connection = connection;
    this.#url = url;
    this.#events = events;
    this.#duplex = connection.open(request, {
      onData: (piece, headers) => this.#receive(piece, headers),
      onFinish: (headers, trailers) => this.#finish(headers, trailers),
      onFail: (reason) => this.#end(this.#failureOf(reason)),
      onRetire: () => this.#events.onRetire(),
    });
  }

  /** Milliseconds since the server last sent anything on this connection. */
  get silentMs(): number {
    return this.#connection.silentMs;
  }

  /** Asks the server for a sign of life, without which the connection is closed. */
  ping(): void {
    this.#connection.ping();
  }

  /** Sends a message, in gRPC's frame piece by piece. */
  send(message: BodyPart): void {
    this.#duplex.send(message);
  }

  /** Does without the pieces of a message, which may be on its way. */
  withdraw(message: BodyPart): void {
    this.#duplex.withdraw(message);
  }

  /** Sends no more; the server may answer what it was sent. */
  close(): void {
    this.#duplex.close();
  }

  /** Ends it at once. */
  cancel(reason: Error): void {
    this.#connection.cancel(this.#duplex, reason);
  }

  #receive(piece: Uint8Array, headers: HeaderMap): void {
    // Something else that answers: what it is shows at the end.
    if (!headers.get("content-type")?.startsWith("application/grpc")) return;
    try {
      this.#messages.add(piece);
    } catch (error) {
      const { host } = this.#url;
      this.cancel(
        error instanceof InferenceError
          ? error
          : unreadable(`the answer of ${host}`, (error as Error).message, error),
      );
    }
  }

  #finish(headers: HeaderMap, trailers: HeaderMap): void {
    const url = this.#url;
    const failure = fromTrailers(headers, trailers, url.host);
    this.#end(failure === undefined ? fromHttpStatus(headers, url) : failure);
  }

  #failureOf(reason: Error): InferenceError {
    if (reason instanceof InferenceError) return reason;
    const { host } = this.#url;
    if (reason instanceof UnreadableAnswerError) {
      return unreadable(`the answer of ${host}`, reason.message, reason);
    }
    return serverFailure("unavailable", host, reason.message, reason);
  }

  #end(failure: InferenceError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.onEnd(failure);
  }
}

/** Whether the server has done nothing for a stream that failed. */
export function isUnprocessed(failure: InferenceError | null): boolean {
  return failure?.cause instanceof UnprocessedError;
}
