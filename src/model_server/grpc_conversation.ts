/** A gRPC call in which both sides send messages, on the server's side. */

import { MessageReader } from "../inference/codecs.ts";
import type { Conversation, Outgoing } from "./http2_session.ts";

/** Messages of the client, one after the other. */
export type Requests = AsyncIterable<Uint8Array>;

/** Hands on messages as they are asked for; those that wait count against the server's budget. */
export class GrpcConversation implements Conversation {
  readonly #outgoing: Outgoing;
  readonly #messages: Uint8Array[] = [];
  readonly #reader: MessageReader;
  readonly #broken = new AbortController();
  #finished = false;
  #failure: Error | null = null;
  /** Resolves when there is something new. */
  #changed = Promise.withResolvers<void>();

  /**
   * `mostBytes`: of one message; `hold` answers the client until its promise settles, and never
   * throws; its signal aborts when the client has broken off.
   */
  constructor(
    outgoing: Outgoing,
    mostBytes: number,
    hold: (requests: Requests, signal: AbortSignal) => Promise<void>,
  ) {
    this.#outgoing = outgoing;
    // A message lies in memory that is used again.
    this.#reader = new MessageReader(
      mostBytes,
      (message) => void this.#messages.push(message.slice()),
    );
    void hold(this.#requests(), this.#broken.signal);
  }

  receive(bytes: Uint8Array): void {
    try {
      this.#reader.add(bytes);
    } catch (error) {
      this.#failure = error as Error;
    }
    this.#announce();
  }

  finish(): void {
    this.#finished = true;
    this.#announce();
  }

  abort(): void {
    this.#broken.abort();
    this.#announce();
  }

  async *#requests(): AsyncGenerator<Uint8Array> {
    while (true) {
      const { signal } = this.#broken;
      const message = this.#messages.shift();
      if (signal.aborted) return;
      if (message !== undefined) {
        yield message;
        this.#outgoing.consumed(message.byteLength + 5);
      } else if (this.#failure !== null) throw this.#failure;
      else if (this.#finished) return;
      else await this.#changed.promise;
    }
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
