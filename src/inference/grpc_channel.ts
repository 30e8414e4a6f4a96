/** gRPC: one connection to a server, for any number of calls at once. */

import type { TlsConfig } from "../config/resolved.ts";
import { cancelledBy, serverFailure } from "./failure.ts";
import { fromGrpcStatus, fromHttpStatus } from "./grpc_error.ts";
import { fromFrame, toFrame } from "./grpc_frame.ts";
import type { Http2Answer, Http2Connection, RequestHeaders } from "./http2/connection.ts";
import { dial } from "./http2/dial.ts";
import type { InferOptions } from "./inference.ts";
import { readTlsFiles, type TlsFiles } from "./tls.ts";

/** A call with one request and one response, and their wire form. */
export interface UnaryMethod<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Uint8Array;
  readonly responseDeserialize: (bytes: Uint8Array) => Response;
}

// How long a connection may take to stand. A server that refuses is known at once; this is for
// one that does not answer.
const patienceMs = 1000;

/** A gRPC server. A connection that broke is made anew by the next request, which fails fast. */
export class GrpcChannel {
  readonly #url: URL;
  readonly #tls: TlsFiles;
  /** By timeout: a connection need not encode the same list again. */
  readonly #headers = new Map<number, RequestHeaders>();
  #connection: Http2Connection | undefined;
  #connecting: Promise<Http2Connection> | undefined;
  #answers = 0;
  #closed = false;

  private constructor(url: URL, tls: TlsFiles) {
    this.#url = url;
    this.#tls = tls;
  }

  /**
   * The way to `url` (`grpc:` or `grpcs:`); connected when it is first used.
   * @throws {InferenceError} when a TLS file cannot be read
   */
  static async open(url: string, tls: TlsConfig): Promise<GrpcChannel> {
    const { protocol, host } = new URL(url);
    const httpUrl = new URL(`${protocol === "grpcs:" ? "https:" : "http:"}//${host}`);
    return new GrpcChannel(httpUrl, await readTlsFiles(tls));
  }

  /** Calls `method`. @throws {InferenceError} */
  async unary<Request, Response>(
    { path, requestSerialize, responseDeserialize }: UnaryMethod<Request, Response>,
    request: Request,
    timeoutMs: number,
    options?: InferOptions,
  ): Promise<Response> {
    const frame = toFrame(requestSerialize(request));
    return responseDeserialize(await this.call(path, frame, timeoutMs, options));
  }

  /**
   * Sends a message that stands in its frame already, and resolves with the message that answers.
   * The call is cancelled on the wire when the signal aborts or time is up.
   * @throws {InferenceError}
   */
  async call(
    path: string,
    frame: Uint8Array,
    timeoutMs: number,
    { signal }: InferOptions = {},
  ): Promise<Uint8Array> {
    if (signal?.aborted) throw cancelledBy(signal);
    const connection = this.#connection?.usable ? this.#connection : await this.#connect();
    const { headers, trailers, body } = await this.#post(
      connection,
      path,
      frame,
      timeoutMs,
      signal,
    );
    const status = trailers.get("grpc-status") ?? headers.get("grpc-status");
    if (status === undefined) {
      throw fromHttpStatus(Number(headers.get(":status")), this.#url.host);
    }
    if (status === "0") return fromFrame(body);
    const words = trailers.get("grpc-message") ?? headers.get("grpc-message") ?? "";
    throw fromGrpcStatus(Number(status), decodeWords(words), this.#url.host);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#connection?.close(new Error("the connection was closed"));
  }

  async #post(
    connection: Http2Connection,
    path: string,
    frame: Uint8Array,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Http2Answer> {
    const answersBefore = this.#answers;
    const headers = this.#headers.get(timeoutMs) ?? callHeaders(timeoutMs);
    this.#headers.set(timeoutMs, headers);
    const controller = new AbortController();
    const onAbort = () => controller.abort();
    const timer = setTimeout(onAbort, timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    // While the connection was made, too.
    if (signal?.aborted) onAbort();
    try {
      const answer = await connection.post(path, headers, frame, controller.signal);
      this.#answers++;
      return answer;
    } catch (error) {
      if (signal?.aborted) throw cancelledBy(signal);
      const { host } = this.#url;
      if (!controller.signal.aborted) {
        throw serverFailure("unavailable", host, (error as Error).message, error);
      }
      // Silence, not only a slow answer: the other end may be gone (power cut, pulled cable), which
      // TCP would notice after minutes. A new connection costs a healthy server nothing.
      if (this.#answers === answersBefore) connection.close(new Error("the server fell silent"));
      throw serverFailure("timeout", host, `no answer within ${timeoutMs} ms`, error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async #connect(): Promise<Http2Connection> {
    this.#connecting ??= dial(this.#url, this.#tls, patienceMs).finally(() => {
      this.#connecting = undefined;
    });
    try {
      const connection = await this.#connecting;
      if (this.#closed) connection.close(new Error("the connection was closed"));
      this.#connection = connection;
      return connection;
    } catch (error) {
      throw serverFailure("unavailable", this.#url.host, (error as Error).message, error);
    }
  }
}

function callHeaders(timeoutMs: number): RequestHeaders {
  return [
    ["te", "trailers"],
    ["content-type", "application/grpc"],
    ["user-agent", "sightline"],
    // The server is told too (in milliseconds, eight digits at most), so that it can stop early.
    ["grpc-timeout", `${Math.min(Math.ceil(timeoutMs), 99_999_999)}m`],
  ];
}

// Percent-encoded UTF-8, from servers that may have got it wrong.
function decodeWords(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
