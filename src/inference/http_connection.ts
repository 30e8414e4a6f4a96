/** HTTP to a model server: deadlines, TLS, and failing fast while it is away. */

import type { TlsConfig } from "../config/resolved.ts";
import { hintFor } from "./hints.ts";
import { InferenceError, type InferenceReason, type InferOptions } from "./inference.ts";
import { readTlsFiles } from "./tls.ts";

/** A request to a path below the server's URL. */
export interface HttpRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** POST when present, GET else. */
  readonly body?: Uint8Array<ArrayBuffer>;
}

/** An answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

// How long a server whose state is unknown may take to answer anything at all. One that refuses
// connections is known at once; this is for one that does not answer.
const patienceMs = 1000;

/** A server that is asked over HTTP. */
export class HttpConnection {
  /** Scheme, host and path prefix, without credentials. */
  readonly address: string;
  readonly #client: Deno.HttpClient;
  readonly #headers: Readonly<Record<string, string>>;
  #reachable = false;
  #probe: Promise<void> | undefined;
  #answers = 0;

  private constructor(url: URL, client: Deno.HttpClient) {
    this.address = `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, "")}`;
    this.#client = client;
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    this.#headers = credentials === ":" ? {} : {
      authorization: `Basic ${new TextEncoder().encode(credentials).toBase64()}`,
    };
  }

  /** @throws {InferenceError} when a TLS file cannot be read */
  static async open(url: string, tls: TlsConfig): Promise<HttpConnection> {
    const { ca, cert, key } = await readTlsFiles(tls);
    const client = Deno.createHttpClient({
      ...ca !== null && { caCerts: [ca] },
      ...cert !== null && key !== null && { cert, key },
    });
    return new HttpConnection(new URL(url), client);
  }

  /**
   * The server's answer, whatever its status.
   * @throws {InferenceError} `unavailable`, `timeout` or `cancelled`
   */
  async ask(
    request: HttpRequest,
    timeoutMs: number,
    { signal }: InferOptions = {},
  ): Promise<HttpAnswer> {
    if (signal?.aborted) throw cancelled(signal);
    if (!this.#reachable) {
      // Shared by all who wait, and so without the signal of one of them.
      this.#probe ??= this.#knock().finally(() => this.#probe = undefined);
      await this.#probe;
    }
    return await this.#exchange(request, timeoutMs, signal);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #knock(): Promise<void> {
    try {
      await this.#exchange({ path: "/v2/health/live" }, patienceMs, undefined);
    } catch (error) {
      const failure = error as InferenceError;
      if (failure.reason !== "timeout") throw failure;
      throw this.#failure("unavailable", `no answer within ${patienceMs} ms`, failure);
    }
  }

  async #exchange(
    { path, headers, body }: HttpRequest,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const answersBefore = this.#answers;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    const onAbort = () => controller.abort();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const response = await fetch(this.address + path, {
        client: this.#client,
        headers: { ...this.#headers, ...headers },
        redirect: "manual",
        signal: controller.signal,
        ...body !== undefined && { method: "POST", body },
      });
      const answer = await response.bytes();
      this.#answers++;
      this.#reachable = true;
      return { status: response.status, headers: response.headers, body: answer };
    } catch (error) {
      if (signal?.aborted) throw cancelled(signal);
      const timedOut = controller.signal.aborted;
      // A deadline alone does not tell a slow server from an absent one; silence does.
      if (!timedOut || this.#answers === answersBefore) this.#reachable = false;
      throw timedOut
        ? this.#failure("timeout", `no answer within ${timeoutMs} ms`, error)
        : this.#failure("unavailable", wordsOf(error), error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #failure(reason: InferenceReason, words: string, cause: unknown): InferenceError {
    return new InferenceError(
      reason,
      `Cannot get an answer from model server ${this.address}: ${words}`,
      hintFor(reason, words),
      { cause },
    );
  }
}

// fetch wraps the system's words in its own; the innermost say what happened.
function wordsOf(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = cause instanceof Error ? cause.message : message;
  return inner.replace(/^.*\): /, "");
}

function cancelled(signal: AbortSignal): InferenceError {
  return new InferenceError("cancelled", "Cannot finish the request: it was cancelled", "", {
    cause: signal.reason,
  });
}
