/** One life of a guest, from its start to its end, however that comes. */

import type { Logger } from "@logtape/logtape";
import type { GuestLink, GuestLinkEvents } from "./guest_link.ts";
import { type HeardMessage, readMessage } from "../wire/heard_message.ts";
import type { LoadMessage, ReadyMessage, ToGuest } from "../wire/messages.ts";
import { UseCaseError } from "../use_case_error.ts";
import { PendingCalls } from "./pending_calls.ts";

type Buffers = readonly Uint8Array<ArrayBuffer>[];
type Answer = HeardMessage & { readonly type: "answer" };
type Call = Exclude<ToGuest, LoadMessage>;
/** A call without its number. */
export type CallBody = Call extends infer C ? C extends Call ? Omit<C, "id"> : never : never;

/** A plugin's module, and its factory, may take so long: much of it is the start of a process. */
const startTimeoutMs = 15_000;

/** What a session needs. */
export interface GuestSessionOptions {
  /** Of the use case, for messages. */
  readonly name: string;
  readonly timeoutMs: number;
  readonly logger: Logger;
  /** What is done with a guest that does not answer, for the message; such as "it is killed". */
  readonly onTimeout: string;
  openLink(events: GuestLinkEvents): GuestLink;
  /** The guest did not answer in time. */
  onTimedOut(): void;
  /** A guest that was made ready is gone. */
  onEnd(error: UseCaseError): void;
}

/** Requests to one guest and their answers. */
export class GuestSession implements AsyncDisposable {
  readonly #options: GuestSessionOptions;
  readonly #link: GuestLink;
  readonly #calls: PendingCalls<Answer | UseCaseError>;
  readonly #evaluated = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<ReadyMessage>();
  #nextId = 0;
  #isEvaluated = false;
  #isReady = false;
  #end: UseCaseError | null = null;

  private constructor(options: GuestSessionOptions) {
    this.#options = options;
    this.#calls = new PendingCalls({
      timeoutMs: options.timeoutMs,
      onLate: (method, patienceMs) => this.#giveUp(method, patienceMs),
    });
    // Whoever does not wait for one of the two learns of the end elsewhere.
    this.#evaluated.promise.catch(() => {});
    this.#ready.promise.catch(() => {});
    this.#link = options.openLink({
      onMessage: (message) => this.#receive(message),
      onEnd: (reason) => this.#ended(this.#error(reason)),
      onLine: (line) => options.logger.warning("{line}", { line }),
    });
  }

  /**
   * Starts a guest and has the plugin's module evaluated.
   * @throws {UseCaseError}
   */
  static async start(options: GuestSessionOptions): Promise<GuestSession> {
    const session = new GuestSession(options);
    try {
      await session.#within(startTimeoutMs, "be loaded", session.#evaluated.promise);
      session.#isEvaluated = true;
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** False once the guest is gone. */
  get isAlive(): boolean {
    return this.#end === null;
  }

  /**
   * Has the plugin's factory called.
   * @throws {UseCaseError}
   */
  async load(message: Omit<LoadMessage, "type">): Promise<ReadyMessage> {
    this.#link.post({ header: JSON.stringify({ type: "load", ...message }), buffers: [] });
    const ready = await this.#within(startTimeoutMs, "be made", this.#ready.promise);
    this.#isReady = true;
    return ready;
  }

  /**
   * Calls a method of the use case, and resolves to what `read` makes of the answer. The buffers are
   * handed over.
   * @throws {UseCaseError} for a method that threw or took too long, and when the guest is gone.
   */
  call<T>(body: CallBody, buffers: Buffers, read: (answer: Answer) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#end !== null) throw this.#end;
      const id = this.#nextId++;
      // First, so that the guest wakes up meanwhile.
      this.#link.post({ header: JSON.stringify({ ...body, id }), buffers });
      this.#calls.add(id, body.type, (outcome) => {
        if (outcome instanceof Error) return reject(outcome);
        try {
          resolve(read(outcome));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Ends the guest, without asking it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isReady = false;
    this.#ended(this.#error("was ended"));
    await this.#link.kill();
  }

  #giveUp(method: string, patienceMs: number): void {
    const { onTimeout, onTimedOut } = this.#options;
    onTimedOut();
    this.#ended(this.#error(`took longer than ${patienceMs} ms in ${method}(); ${onTimeout}`));
  }

  #receive(message: unknown): void {
    if (this.#end !== null) return;
    let heard: HeardMessage;
    try {
      heard = readMessage(message);
    } catch (error) {
      this.#ended(this.#error(`broke the protocol: ${(error as Error).message}`));
      return;
    }
    const { name, logger } = this.#options;
    switch (heard.type) {
      case "evaluated":
        if (heard.problem === null) this.#evaluated.resolve();
        else {this.#evaluated.reject(
            new UseCaseError(`Cannot load plugin ${name}: ${heard.problem}`),
          );}
        break;
      case "ready":
        this.#ready.resolve(heard);
        break;
      case "refused":
        this.#ready.reject(new UseCaseError(`Cannot make use case ${name}: ${heard.message}`));
        break;
      case "log":
        logger[heard.level]("{message}", { message: heard.message });
        break;
      case "exit":
        this.#ended(this.#error(heard.message));
        break;
      case "failed":
        this.#settle(heard.id, new UseCaseError(heard.message));
        break;
      case "answer":
        this.#settle(heard.id, heard);
    }
  }

  #settle(id: number, outcome: Answer | UseCaseError): void {
    const settle = this.#calls.take(id);
    if (settle === undefined) {
      this.#ended(this.#error(`broke the protocol: it answered call ${id}, which was not asked`));
      return;
    }
    settle(outcome);
  }

  #ended(error: UseCaseError): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#evaluated.reject(error);
    this.#ready.reject(error);
    this.#calls[Symbol.dispose]();
    this.#calls.settleAll(error);
    this.#link?.kill();
    if (this.#isReady) this.#options.onEnd(error);
  }

  async #within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.#ended(this.#error(`took longer than ${limitMs} ms to ${what}`));
    }, limitMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #error(reason: string): UseCaseError {
    const { name } = this.#options;
    return new UseCaseError(
      this.#isEvaluated ? `Use case ${name} ${reason}` : `Cannot load plugin ${name}: it ${reason}`,
    );
  }
}
