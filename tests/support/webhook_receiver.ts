/** A receiver of webhooks that notes what it was sent, and answers as a test tells it. */

import type { SightlineEvent } from "../../src/events/event.ts";

/** One request. */
export interface ReceivedRequest {
  readonly headers: Headers;
  readonly body: string;
}

/** What a test may decide. */
export interface ReceiverOptions {
  /** @default {0} */
  readonly port?: number;
  /** @default 204 at once */
  answer?(request: ReceivedRequest): Response | Promise<Response>;
}

/** A server of its own port. */
export class WebhookReceiver implements AsyncDisposable {
  readonly requests: ReceivedRequest[] = [];
  answer: (request: ReceivedRequest) => Response | Promise<Response>;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #waiting = Promise.withResolvers<void>();

  constructor(
    { port = 0, answer = () => new Response(null, { status: 204 }) }: ReceiverOptions = {},
  ) {
    this.answer = answer;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {} },
      async (request) => {
        const received = { headers: request.headers, body: await request.text() };
        const response = await this.answer(received);
        this.requests.push(received);
        this.#waiting.resolve();
        this.#waiting = Promise.withResolvers();
        return response;
      },
    );
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** What a sink is given. */
  get url(): string {
    return `webhook+http://127.0.0.1:${this.port}/hook`;
  }

  /** The events that were posted in the standard format, in the order in which they came. */
  get events(): SightlineEvent[] {
    return this.requests.map(({ body }) => JSON.parse(body).data);
  }

  /** Resolves when so many requests have come. */
  async received(count: number): Promise<void> {
    while (this.requests.length < count) await this.#waiting.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
