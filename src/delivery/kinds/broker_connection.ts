/** One connection to a broker: opened when it is needed, and closed by a call that fails or takes too long. */

import { DeliveryError } from "../destination.ts";

/** What a library's connection can be asked to do. */
export interface Connector<Connection> {
  /** Makes one, connected or about to be. */
  open(): Promise<Connection>;
  /** What comes before its first use; it is closed meanwhile when a call gives up. */
  prepare?(connection: Connection): Promise<void>;
  close(connection: Connection, reason: Error): Promise<void> | void;
  /** Whether it ended by itself. @default {false} */
  isClosed?(connection: Connection): boolean;
  /** What an error of a call means. @default {the error itself} */
  failureOf?(error: unknown): unknown;
  /** Whether a message that was refused ends the connection too. @default {false} */
  readonly refusalEnds?: boolean;
}

/** Connects once, however many calls ask for it at the same time. */
export class BrokerConnection<Connection> {
  readonly #connector: Connector<Connection>;
  #current: Connection | null = null;
  #opening: Promise<Connection> | null = null;

  constructor(connector: Connector<Connection>) {
    this.#connector = connector;
  }

  /** The connection that is there; null when there is none. */
  get current(): Connection | null {
    return this.#current;
  }

  /** The connection that is there, or a new one. */
  async get(): Promise<Connection> {
    if (this.#opening === null && this.#current !== null) {
      if (!this.#connector.isClosed?.(this.#current)) return this.#current;
    }
    return await (this.#opening ??= this.#open().finally(() => this.#opening = null));
  }

  /** Has an action use the connection. When that fails or the signal aborts, the connection ends. */
  async use<Value>(
    signal: AbortSignal,
    action: (connection: Connection) => Promise<Value>,
  ): Promise<Value> {
    const giveUp = () => void this.close(new Error("no answer in time"));
    signal.addEventListener("abort", giveUp);
    try {
      return await action(await this.get());
    } catch (error) {
      const { failureOf, refusalEnds = false } = this.#connector;
      const failure = failureOf === undefined ? error : failureOf(error);
      const isRefused = failure instanceof DeliveryError && failure.failure === "refused";
      if (!isRefused || refusalEnds) await this.close(error as Error);
      throw failure;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** Closes the connection that is there; with a connection, only if it is that one. */
  async close(
    reason = new Error("the connection was closed"),
    connection: Connection | null = this.#current,
  ): Promise<void> {
    if (connection === null || connection !== this.#current) return;
    this.#current = null;
    await this.#connector.close(connection, reason);
  }

  async #open(): Promise<Connection> {
    await this.close();
    const connection = this.#current = await this.#connector.open();
    try {
      await this.#connector.prepare?.(connection);
    } catch (error) {
      await this.close(error as Error, connection);
      throw error;
    }
    return connection;
  }
}
