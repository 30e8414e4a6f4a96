/** Requests of a webhook, on connections that are used again. */

import http from "node:http";
import https from "node:https";
import { concatBytes } from "../../../concat_bytes.ts";
import { readTls, type TlsSettings } from "../broker_tls.ts";

/** What was answered. */
export interface WebhookAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** The beginning of its body. */
  readonly text: string;
}

/** Of an answer; what is longer costs its connection. */
const mostAnswerBytes = 16_384;

/**
 * Keeps as many connections as were needed at once. `node:http` itself asks again on a new one where
 * the server has closed the old one meanwhile.
 */
export class WebhookClient implements Disposable {
  readonly #url: URL;
  readonly #tls: TlsSettings;
  readonly #mostConnections: number;
  #agent: http.Agent | null = null;
  #opening: Promise<http.Agent> | null = null;

  constructor(url: URL, tls: TlsSettings, mostConnections: number) {
    this.#url = url;
    this.#tls = tls;
    this.#mostConnections = mostConnections;
  }

  /** @throws {Error} when there is no answer; idle connections are given up then. */
  async request(
    method: "POST" | "OPTIONS",
    headers: Readonly<Record<string, string>>,
    body: string | null,
    signal: AbortSignal,
  ): Promise<WebhookAnswer> {
    signal.throwIfAborted();
    try {
      return await this.#ask(await this.#connect(), method, headers, body, signal);
    } catch (error) {
      // Others of the same age may be dead as well, and what they were made of may have changed.
      this.#giveUpIdle();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#agent?.destroy();
    this.#agent = null;
  }

  async #connect(): Promise<http.Agent> {
    return this.#agent ?? await (this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    }));
  }

  /** Files are read anew with each agent, so that certificates may be renewed meanwhile. */
  async #open(): Promise<http.Agent> {
    const options = { keepAlive: true, maxSockets: this.#mostConnections };
    return this.#agent = this.#url.protocol === "https:"
      ? new https.Agent({ ...options, ...await readTls(this.#tls) })
      : new http.Agent(options);
  }

  #giveUpIdle(): void {
    const agent = this.#agent;
    this.#agent = null;
    if (agent === null) return;
    // What is under way on the others goes on, and closes them.
    agent.maxFreeSockets = 0;
    for (const sockets of Object.values(agent.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }

  #ask(
    agent: http.Agent,
    method: string,
    headers: Readonly<Record<string, string>>,
    body: string | null,
    signal: AbortSignal,
  ): Promise<WebhookAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<WebhookAnswer>();
    const { protocol, hostname, port, pathname, search } = this.#url;
    const { request } = protocol === "https:" ? https : http;
    const asked = request({
      agent,
      method,
      hostname: hostname.replaceAll(/[[\]]/g, ""),
      port: port === "" ? undefined : Number(port),
      path: `${pathname}${search}`,
      headers: {
        ...headers,
        ...body !== null && { "content-length": String(new TextEncoder().encode(body).length) },
      },
      signal,
    });
    asked.on("error", reject);
    asked.on("response", (response) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      const { statusCode: status = 0, headers } = response;
      const end = () => {
        const text = new TextDecoder().decode(concatBytes(chunks));
        resolve({ status, headers, text });
      };
      response.on("data", (chunk: Uint8Array) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= mostAnswerBytes) return;
        end();
        response.destroy();
      });
      response.on("end", end);
      // The status is what counts.
      response.on("error", end);
    });
    asked.end(body ?? undefined);
    return promise;
  }
}
