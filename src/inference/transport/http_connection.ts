/** HTTP to a model server: deadlines, TLS, and failing fast while it is unreachable. */

import { cancelledBy, serverFailure } from "../failure.ts";
import { InferenceError, type InferOptions, type TlsConfig } from "../inference.ts";
import { concatBytes } from "../../concat_bytes.ts";
import { AddressCheck } from "./spoken.ts";
import { readTlsFiles } from "./tls.ts";
import { patienceMs, timeIsUp, waitFor } from "../wait.ts";

/** A request to a path below the server's URL. */
export interface HttpRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** POST when present, GET else. */
  readonly body?: Uint8Array<ArrayBuffer>;
}

/** An answer of a server, a picture of FP32 in 4K among its tensors, is shorter. */
const longestAnswer = 256 * 2 ** 20;

/** An answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A server that is asked over HTTP. A connection that broke is made anew by the next request. */
export class HttpConnection {
  /** Scheme, host and path prefix, without credentials. */
  readonly name: string;
  readonly #settings: Deno.CreateHttpClientOptions;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #probe: HttpRequest;
  #client: Deno.HttpClient;
  #reachable = false;
  #probing: Promise<void> | undefined;
  #answers = 0;
  readonly #address: AddressCheck;
  readonly #closing = new AbortController();

  private constructor(url: URL, probe: HttpRequest, settings: Deno.CreateHttpClientOptions) {
    this.#address = new AddressCheck(url.href, settings.caCerts?.[0] ?? null, this.#closing.signal);
    this.name = `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, "")}`;
    this.#probe = probe;
    this.#settings = settings;
    this.#client = Deno.createHttpClient(settings);
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    this.#headers = credentials === ":" ? {} : {
      authorization: `Basic ${new TextEncoder().encode(credentials).toBase64()}`,
    };
  }

  /**
   * `url`: `http:` or `https:`; `probe`: a cheap request that any healthy server answers somehow.
   * @throws {InferenceError} when a TLS file cannot be read
   */
  static async open(url: string, tls: TlsConfig, probe: HttpRequest): Promise<HttpConnection> {
    const { ca, cert, key } = await readTlsFiles(tls);
    return new HttpConnection(new URL(url), probe, {
      ...ca !== null && { caCerts: [ca] },
      ...cert !== null && key !== null && { cert, key },
    });
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
    if (signal?.aborted) throw cancelledBy(signal);
    if (!this.#reachable) {
      // Shared by all who wait, and so without the signal of one of them.
      this.#probing ??= this.#tryToReach().finally(() => this.#probing = undefined);
      try {
        await waitFor(this.#probing, { signal, timeoutMs });
      } catch (error) {
        if (error !== timeIsUp) throw error;
        throw serverFailure("unavailable", this.name, `no answer within ${timeoutMs} ms`, error);
      }
    }
    return await this.#exchange(request, timeoutMs, signal);
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    this.#client.close();
  }

  async #tryToReach(): Promise<void> {
    try {
      await this.#exchange(this.#probe, patienceMs, this.#closing.signal);
    } catch (error) {
      const failure = error as InferenceError;
      if (failure.reason === "timeout") {
        throw serverFailure("unavailable", this.name, `no answer within ${patienceMs} ms`, failure);
      }
      const wrong = this.#mayBeWrong(failure) ? await this.#address.wrong() : null;
      if (wrong === null) throw failure;
      throw serverFailure("unavailable", this.name, wrong.words, failure, wrong.hint);
    }
  }

  /** Whether the address may be another's: something took the connection, and was never understood. */
  #mayBeWrong({ reason, message }: InferenceError): boolean {
    return reason === "unavailable" && this.#answers === 0 &&
      !/refused|unreachable|no route|dns|lookup|certificate/i.test(message);
  }

  async #exchange(
    { path, headers, body }: HttpRequest,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const answersBefore = this.#answers;
    const client = this.#client;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    const onAbort = () => controller.abort();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const response = await fetch(this.name + path, {
        client,
        headers: { ...this.#headers, ...headers },
        redirect: "manual",
        signal: controller.signal,
        ...body !== undefined && { method: "POST", body },
      });
      const answer = await readAnswer(response, this.name);
      this.#answers++;
      this.#reachable = true;
      return { status: response.status, headers: response.headers, body: answer };
    } catch (error) {
      if (signal?.aborted) throw cancelledBy(signal);
      if (error instanceof InferenceError) throw error;
      const timedOut = controller.signal.aborted;
      if (!timedOut || this.#answers === answersBefore) this.#startOver(client);
      throw timedOut
        ? serverFailure("timeout", this.name, `no answer within ${timeoutMs} ms`, error)
        : serverFailure("unavailable", this.name, messageOf(error), error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  // After a failure, and after a request that waited through its whole deadline while no other was
  // answered either: that may stand in a connection whose other end is gone (power cut, pulled
  // cable), which TCP would notice after minutes. A new connection costs a healthy server nothing.
  #startOver(failed: Deno.HttpClient): void {
    // Others of its requests may have come first.
    if (failed !== this.#client || this.#closing.signal.aborted) return;
    this.#reachable = false;
    this.#client.close();
    this.#client = Deno.createHttpClient(this.#settings);
  }
}

/** @throws {InferenceError} when it is too long, which is noticed before all of it is in memory */
async function readAnswer(response: Response, server: string): Promise<Uint8Array<ArrayBuffer>> {
  const announced = Number(response.headers.get("content-length") ?? Infinity);
  if (announced <= longestAnswer) return await response.bytes();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.byteLength;
    if (length > longestAnswer) {
      const words = `its answer is longer than ${longestAnswer / 2 ** 20} MiB`;
      throw serverFailure("server_error", server, words);
    }
    pieces.push(piece);
  }
  return concatBytes(pieces);
}

// fetch wraps the system's words in its own; the innermost say what happened.
function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = cause instanceof Error ? cause.message : message;
  return inner.replace(/^.*\): /, "");
}
