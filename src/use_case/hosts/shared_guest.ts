/** One guest for all streams with the same plugin; a new one is started after it ended. */

import type { Logger } from "@logtape/logtape";
import type { ReadyMessage } from "../wire/messages.ts";
import {
  GuestEnded,
  type GuestSession,
  type InstanceOptions,
  startTimeoutOf,
} from "./guest_session.ts";

/** A use case that was made in a guest. */
export interface OpenInstance {
  readonly session: GuestSession;
  /** Its number in that session. */
  readonly instance: number;
  readonly ready: ReadyMessage;
}

/** Starts one life of the guest. */
export type StartSession = (timeoutMs: number, signal: AbortSignal) => Promise<GuestSession>;

/** How often a use case is made anew because others ended the guest while its factory ran. */
const attempts = 3;

/** Makes use cases in one guest, in the next one when that has ended. */
export class SharedGuest implements AsyncDisposable {
  readonly #startSession: StartSession;
  readonly #logger: Logger;
  /** The session before this one, until its restart is logged. */
  #former: GuestSession | null = null;
  #session: GuestSession | null = null;
  #starting: Promise<GuestSession> | null = null;
  #givenUp = new AbortController();

  /** `logger` takes what concerns several streams. */
  constructor(startSession: StartSession, logger: Logger) {
    this.#startSession = startSession;
    this.#logger = logger;
  }

  /** Errors that no call waited for, in its present life. */
  get uncaught(): number {
    return this.#session?.uncaught ?? 0;
  }

  /**
   * Has the plugin's module evaluated, unless it is already.
   * @throws {UseCaseError}
   */
  async start(timeoutMs: number): Promise<void> {
    await this.#living(timeoutMs);
  }

  /**
   * Makes a use case for one stream.
   * @throws {UseCaseError}
   */
  async open(options: InstanceOptions): Promise<OpenInstance> {
    for (let attempt = 1;; attempt++) {
      const session = await this.#living(startTimeoutOf(options.timeoutMs));
      try {
        const made = await session.load(options);
        this.#logRestart(options.logger);
        return { session, ...made };
      } catch (error) {
        const isOthers = error instanceof GuestEnded && error.culprit !== options.stream;
        if (!isOthers || attempt === attempts) throw error;
      }
    }
  }

  /** Use cases that are there go on, and the guest ends with the last of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#givenUp.abort();
    await this.#starting?.catch(() => {});
    await this.#session?.endIfIdle();
  }

  #living(timeoutMs: number): Promise<GuestSession> {
    if (this.#session?.isAlive) return Promise.resolve(this.#session);
    return this.#starting ??= this.#start(timeoutMs).finally(() => this.#starting = null);
  }

  async #start(timeoutMs: number): Promise<GuestSession> {
    const session = await this.#startSession(timeoutMs, this.#givenUp.signal);
    this.#former = this.#session;
    return this.#session = session;
  }

  #logRestart(logger: Logger): void {
    const death = this.#former?.death;
    this.#former = null;
    if (!death) return;
    const { atMs, instances } = death;
    (instances > 1 ? this.#logger : logger).warn(
      "It started again after {ms} ms, without what it remembered",
      { ms: Math.round(performance.now() - atMs) },
    );
  }
}
