/** A gRPC channel: calls over one HTTP/2 connection, with deadlines and reconnection, and streams. */

import { Deadlines } from "../../deadlines.ts";
import { cancelledBy, serverFailure, unreadable } from "../failure.ts";
import { fromHttpStatus, fromTrailers } from "./grpc_error.ts";
import { fromFrame, toFrame } from "./grpc_frame.ts";
import { GrpcStream, type GrpcStreamEvents } from "./grpc_stream.ts";
import type { Http2Connection } from "../http2/connection.ts";
import { dial, NotHttp2Error } from "../http2/dial.ts";
import {
  type Http2Answer,
  type RequestHeaders,
  UnprocessedError,
  UnreadableAnswerError,
} from "../http2/exchange.ts";
import { InferenceError, type InferOptions, type TlsConfig } from "../inference.ts";
import { AddressCheck } from "./spoken.ts";
import { readTlsFiles, type TlsFiles } from "./tls.ts";
import { patienceMs, timeIsUp, waitFor } from "../wait.ts";

/** A call with one request and one response, and their wire form. */
export interface UnaryMethod<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Uint8Array;
  readonly responseDeserialize: (bytes: Uint8Array) => Response;
}

/** A call that knows the form of its messages. */
export interface GrpcCall<T> {
  readonly path: string;
  /** The message in its frame, piece by piece; they stay as they are until the call has ended. */
  readonly encode: () => readonly Uint8Array[];
  readonly timeoutMs: number;
  /** Reads the message that answers, which lies in memory that is used again. */
  readonly read: (message: Uint8Array<ArrayBuffer>) => T;
}

/** A gRPC server. A connection that broke is made anew by the next request, which fails fast. */
export class GrpcChannel {
  readonly #url: URL;
  readonly #tls: TlsFiles;
  readonly #address: AddressCheck;
  readonly #streamWindow: number | undefined;
  /** By timeout: a connection need not encode the same list again. */
  readonly #headers = new Map<number, RequestHeaders>();
  readonly #deadlines = new Deadlines();
  #connection: Http2Connection | undefined;
  #connecting: Promise<Http2Connection> | undefined;
  #answers = 0;
  readonly #closing = new AbortController();

  private constructor(url: string, tls: TlsFiles, streamWindow: number | undefined) {
    this.#streamWindow = streamWindow;
    const { protocol, host } = new URL(url);
    this.#url = new URL(`${protocol === "grpcs:" ? "https:" : "http:"}//${host}`);
    this.#tls = tls;
    this.#address = new AddressCheck(url, tls.ca, this.#closing.signal);
  }

  /**
   * The way to `url` (`grpc:` or `grpcs:`); connected when it is first used. `streamWindow`: bytes
   * that the server may send on a stream ahead of being allowed more.
   * @throws {InferenceError} when a TLS file cannot be read
   */
  static async open(url: string, tls: TlsConfig, streamWindow?: number): Promise<GrpcChannel> {
    return new GrpcChannel(url, await readTlsFiles(tls), streamWindow);
  }

  /** Calls `method`. @throws {InferenceError} */
  async unary<Request, Response>(
    { path, requestSerialize, responseDeserialize }: UnaryMethod<Request, Response>,
    request: Request,
    timeoutMs: number,
    options?: InferOptions,
  ): Promise<Response> {
    return await this.call({
      path,
      encode: () => [toFrame(requestSerialize(request))],
      timeoutMs,
      read: (message) => responseDeserialize(new Uint8Array(message)),
    }, options);
  }

  /**
   * Makes a call, and resolves with what was read of the answer. The call is cancelled on the wire
   * when the signal aborts or time is up. One that the server says it has not processed is made once
   * more, at once.
   * @throws {InferenceError}
   */
  async call<T>(call: GrpcCall<T>, { signal }: InferOptions = {}): Promise<T> {
    const { path, encode, timeoutMs, read } = call;
    const body = encode();
    const headers = this.#headersFor(timeoutMs);
    const begunAtMs = performance.now();
    let leftMs = timeoutMs;
    if (signal?.aborted) throw cancelledBy(signal);
    for (let again = false;; again = true) {
      const connection = this.#connection?.usable
        ? this.#connection
        : await this.#connect(leftMs, signal);
      const answersBefore = this.#answers;
      let answered = false;
      const exchange = connection.post({ path, headers, body }, (answer) => {
        answered = true;
        this.#answers++;
        return read(this.#message(answer));
      });
      const onAbort = () => connection.cancel(exchange, cancelledBy(signal!));
      signal?.addEventListener("abort", onAbort);
      const deadline = this.#deadlines.watch(leftMs, () => connection.cancel(exchange, timeIsUp));
      try {
        return await exchange.answer;
      } catch (error) {
        if (error instanceof InferenceError) throw error;
        if (error instanceof UnprocessedError && !again && !this.#closing.signal.aborted) {
          leftMs = Math.max(0, timeoutMs - (performance.now() - begunAtMs));
          continue;
        }
        const { host } = this.#url;
        // What the server answered, it has answered.
        if (answered || error instanceof UnreadableAnswerError) {
          throw unreadable(`the answer of ${host}`, (error as Error).message, error);
        }
        if (error !== timeIsUp) {
          throw serverFailure("unavailable", host, (error as Error).message, error);
        }
        // Silence, not only a slow answer: the other end may be gone (power cut, pulled cable), which
        // TCP would notice after minutes. A new connection costs a healthy server nothing.
        if (this.#answers === answersBefore && !again) {
          connection.close(new Error("the server fell silent"));
        }
        throw serverFailure("timeout", host, `no answer within ${timeoutMs} ms`, error);
      } finally {
        this.#deadlines.meet(deadline);
        signal?.removeEventListener("abort", onAbort);
      }
    }
  }

  /**
   * Begins a call in which both sides send messages, on a connection that stands within `timeoutMs`.
   * @throws {InferenceError} when there is none
   */
  async stream(path: string, events: GrpcStreamEvents, timeoutMs: number): Promise<GrpcStream> {
    const connection = this.#connection?.usable
      ? this.#connection
      : await this.#connect(timeoutMs, undefined);
    return new GrpcStream(connection, { path, headers: baseHeaders }, this.#url, events);
  }

  [Symbol.dispose](): void {
    this.#closing.abort(new Error("the connection was closed"));
    this.#connection?.close(this.#closing.signal.reason);
    this.#deadlines[Symbol.dispose]();
  }

  /** @throws {InferenceError} when the call failed there, or the answer is no message */
  #message({ headers, trailers, body }: Http2Answer): Uint8Array<ArrayBuffer> {
    const failure = fromTrailers(headers, trailers, this.#url.host);
    if (failure === undefined) throw fromHttpStatus(headers, this.#url);
    if (failure !== null) throw failure;
    return fromFrame(body);
  }

  #headersFor(timeoutMs: number): RequestHeaders {
    let headers = this.#headers.get(timeoutMs);
    if (headers === undefined) {
      headers = callHeaders(timeoutMs);
      this.#headers.set(timeoutMs, headers);
    }
    return headers;
  }

  /** A connection that stands, for one of those who wait for it. @throws {InferenceError} */
  async #connect(timeoutMs: number, signal: AbortSignal | undefined): Promise<Http2Connection> {
    this.#connecting ??= this.#dial().finally(() => this.#connecting = undefined);
    try {
      const connection = await waitFor(this.#connecting, { signal, timeoutMs });
      // While the connection was made, too.
      if (signal?.aborted) throw cancelledBy(signal);
      return connection;
    } catch (error) {
      if (error !== timeIsUp) throw error;
      const words = `no connection within ${Math.ceil(timeoutMs)} ms`;
      throw serverFailure("unavailable", this.#url.host, words, error);
    }
  }

  async #dial(): Promise<Http2Connection> {
    const { signal } = this.#closing;
    try {
      const options = { url: this.#url, tls: this.#tls, patienceMs, signal };
      return this.#connection = await dial({ ...options, streamWindow: this.#streamWindow });
    } catch (error) {
      const { message } = error as Error;
      // A certificate that is refused is the right protocol.
      const asked = error instanceof NotHttp2Error && !/certificate/i.test(message);
      const wrong = asked && !signal.aborted ? await this.#address.wrong() : null;
      const { host } = this.#url;
      throw serverFailure("unavailable", host, wrong?.words ?? message, error, wrong?.hint);
    }
  }
}

const baseHeaders: RequestHeaders = [
  ["te", "trailers"],
  ["content-type", "application/grpc"],
  ["user-agent", "sightline"],
];

function callHeaders(timeoutMs: number): RequestHeaders {
  return [
    ...baseHeaders,
    // The server is told too (in milliseconds, eight digits at most), so that it can stop early.
    ["grpc-timeout", `${Math.min(Math.ceil(timeoutMs), 99_999_999)}m`],
  ];
}
