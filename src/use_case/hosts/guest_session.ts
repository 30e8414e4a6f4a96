/** One run of a guest, from its start to its end: requests, answers and their limits. */

import type { Logger } from "@logtape/logtape";
import type { GuestLink, GuestLinkEvents } from "./guest_link.ts";
import { readMessage, type ReceivedMessage } from "../wire/received_message.ts";
import type {
  CallMessage,
  LoadMessage,
  MessageHead,
  ReadyMessage,
  ToGuest,
} from "../wire/messages.ts";
import { maxAnswerBytes } from "../wire/pipe_frames.ts";
import { UseCaseError } from "../use_case_error.ts";
import { judgeLateCall, type Lateness } from "./judge_late_call.ts";
import { PendingCalls } from "./pending_calls.ts";
import { PerSecond } from "./per_second.ts";
import { linesPerSecond, UnaskedBudget } from "./unasked_budget.ts";

type Buffers = readonly Uint8Array<ArrayBuffer>[];
type Answer = ReceivedMessage & { readonly type: "answer" };
type Outcome = Answer | ReadyMessage | UseCaseError;
type Unaddressed<Message> = Message extends ToGuest ? Omit<Message, "id" | "instance"> : never;
/** A call, but for whom it is. */
export type CallBody = Unaddressed<CallMessage>;

/** A plugin's module, and each call of its factory, may take so long. */
const startTimeoutMs = 15_000;

/** The same where a single call may take longer: the machine is slow. */
export function startTimeoutOf(callTimeoutMs: number): number {
  return Math.max(startTimeoutMs, callTimeoutMs);
}

/**
 * Calls a method of a use case, and resolves to what `read` makes of the answer. The buffers are
 * handed over.
 * @throws {UseCaseError} for a method that threw or took too long, and when the guest is gone.
 */
export type Ask<T> = (body: CallBody, buffers: Buffers, read: (answer: Answer) => T) => Promise<T>;

/** What the call of a factory is called. */
const loading = "load";

/** What a session needs. */
export interface GuestSessionOptions {
  /** Of the use case, for messages. */
  readonly name: string;
  /** Takes what no instance in particular says. */
  readonly logger: Logger;
  /** The guest does not answer in time: what is done with it, in words such as "it is killed". */
  onLate(lateness: Lateness): string;
  /** The guest holds so much memory, as it says: why it is ended, or null when it may go on. */
  onMemory(usedMb: number): string | null;
  /** Of all tensors that it makes of a frame. */
  readonly mostTensorBytes: number;
  openLink(events: GuestLinkEvents): GuestLink;
  /** The plugin's own places in an engine's stack. */
  readTrace(stack: string): string[];
}

/** The stream that a use case is made for. */
export interface InstanceOptions
  extends Omit<LoadMessage, "type" | "id" | "instance" | "mostTensorBytes"> {
  /** For each of its calls. */
  readonly timeoutMs: number;
  /** Takes what the instance says. */
  readonly logger: Logger;
  /** The guest is gone, after the use case was made. */
  onEnd(): void;
}

interface Instance extends Pick<InstanceOptions, "stream" | "timeoutMs" | "logger" | "onEnd"> {
  isReady: boolean;
}

/** A guest is gone. */
export class GuestEnded extends UseCaseError {
  /** `culprit`: the stream for which it did what ended it; null = that is not known. */
  constructor(message: string, readonly culprit: string | null) {
    super(message);
  }
}

/** Requests to one guest and their answers. It ends with the last use case that was made in it. */
export class GuestSession implements AsyncDisposable {
  readonly #options: GuestSessionOptions;
  readonly #link: GuestLink;
  readonly #calls: PendingCalls<Outcome>;
  readonly #instances = new Map<number, Instance>();
  readonly #evaluated = Promise.withResolvers<void>();
  #nextId = 0;
  #isEvaluated = false;
  #end: UseCaseError | null = null;
  readonly #lines = new PerSecond();
  readonly #unasked = new UnaskedBudget();
  /** Errors of timers and promises that no call waited for. */
  uncaught = 0;
  /** How many use cases ended with it, and when; null as long as none did. */
  death: { readonly atMs: number; readonly instances: number } | null = null;

  private constructor(options: GuestSessionOptions) {
    this.#options = options;
    this.#calls = new PendingCalls((call, patienceMs) => this.#late(call, patienceMs));
    // A rejection without a waiter is not an unhandled one: the end is reported elsewhere too.
    this.#evaluated.promise.catch(() => {});
    this.#link = options.openLink({
      admit: (head) => this.#admit(head),
      onMessage: (message) => this.#receive(message),
      onEnd: (reason) => this.#ended(this.#error(reason)),
      onLine: (line, level = "warning") => this.#lineLogger(null)[level]("{line}", { line }),
    });
  }

  /**
   * Starts a guest and has the plugin's module evaluated.
   * @throws {UseCaseError}
   */
  static async start(
    options: GuestSessionOptions,
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<GuestSession> {
    signal.throwIfAborted();
    const session = new GuestSession(options);
    const giveUp = () => session.#ended(session.#error("was ended"));
    signal.addEventListener("abort", giveUp);
    const timer = setTimeout(() => {
      session.#ended(
        session.#error(`took longer than ${startTimeoutOf(timeoutMs)} ms to be loaded`),
      );
    }, timeoutMs);
    try {
      await session.#evaluated.promise;
      session.#isEvaluated = true;
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** False once the guest is gone. */
  get isAlive(): boolean {
    return this.#end === null;
  }

  /**
   * Has the plugin's factory called.
   * @throws {UseCaseError} when it refuses, and when the guest ends meanwhile
   */
  async load(
    options: InstanceOptions,
  ): Promise<{ readonly instance: number; readonly ready: ReadyMessage }> {
    const { timeoutMs, logger, onEnd, ...message } = options;
    const { stream } = message;
    const { mostTensorBytes } = this.#options;
    if (this.#end !== null) throw this.#end;
    const id = this.#nextId++;
    const made = { stream, timeoutMs, logger, onEnd, isReady: false };
    this.#instances.set(id, made);
    this.#link.post({
      header: JSON.stringify({ type: "load", id, instance: id, mostTensorBytes, ...message }),
      buffers: [],
    });
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const settle = (outcome: Outcome) => {
      made.isReady = !(outcome instanceof Error);
      resolve(outcome);
    };
    this.#calls.add(id, {
      method: loading,
      instance: id,
      timeoutMs: startTimeoutOf(timeoutMs),
      mostBytes: 0,
      settle,
    });
    const ready = await promise;
    if (!(ready instanceof Error) && ready.type === "ready") return { instance: id, ready };
    await this.leave(id);
    throw ready instanceof Error ? ready : this.#error("broke the protocol: it answered too early");
  }

  /** As {@link Ask}, of one instance. */
  call<T>(instance: number, ...[body, buffers, read]: Parameters<Ask<T>>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#end !== null) throw this.#end;
      const id = this.#nextId++;
      const { type: method } = body;
      const mostBytes = this.#mostBytes(method, buffers);
      // First, so that the guest wakes up meanwhile.
      this.#link.post({ header: JSON.stringify({ ...body, id, instance }), buffers });
      // The caller of dispose() has its own limit, and other calls show whether it keeps the guest busy.
      const timeoutMs = method === "dispose" ? null : this.#instances.get(instance)!.timeoutMs;
      const settle = (outcome: Outcome) => {
        if (outcome instanceof Error) return reject(outcome);
        try {
          resolve(read(outcome as Answer));
        } catch (error) {
          reject(error);
        }
      };
      this.#calls.add(id, { method, instance, timeoutMs, mostBytes, settle });
    });
  }

  /** Removes a use case that is not called any more. */
  async leave(instance: number): Promise<void> {
    this.#instances.delete(instance);
    await this.endIfIdle();
  }

  /** Ends the guest, unless there is a use case in it. */
  async endIfIdle(): Promise<void> {
    if (this.#instances.size === 0) await this[Symbol.asyncDispose]();
  }

  /** Ends the guest, without asking it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const instance of this.#instances.values()) instance.isReady = false;
    this.#ended(this.#error("was ended"));
    await this.#link.kill();
  }

  async #late(
    { id, method, instance }: { id: number; method: string; instance: number },
    patienceMs: number,
  ): Promise<void> {
    const lateness = await judgeLateCall({
      patienceMs,
      look: () => this.#link.times(),
      isOver: () => this.#end !== null || this.#calls.get(id) === undefined,
    });
    if (lateness === null) return;
    const what = method === loading ? "to be made" : `in ${method}()`;
    const how = { computes: ", computing", waits: ", waiting", unknown: "" }[lateness];
    const done = this.#options.onLate(lateness);
    this.#ended(
      this.#error(`took longer than ${patienceMs} ms ${what}${how}; ${done}`, instance),
    );
  }

  /** @throws when the message may not come */
  #admit({ headerBytes, bufferBytes, call }: MessageHead): void {
    if (this.#end === null) {
      const breach = call === undefined
        ? this.#unasked.add(headerBytes + bufferBytes, this.#instances.size)
        : this.#breachOf(call, headerBytes, bufferBytes);
      if (breach === null) return;
      this.#ended(this.#error(`broke the protocol: ${breach}`));
    }
    throw this.#end;
  }

  /** What is wrong with so large an answer, null = nothing. */
  #breachOf(id: number, headerBytes: number, bufferBytes: number): string | null {
    const call = this.#calls.get(id);
    if (call === undefined) return `it answered call ${id}, which was not asked`;
    const { method, mostBytes } = call;
    if (headerBytes > maxAnswerBytes) {
      return `it answered ${method}() with ${headerBytes} bytes of JSON, allowed are up to ` +
        maxAnswerBytes;
    }
    if (bufferBytes <= mostBytes) return null;
    return `it answered ${method}() with ${bufferBytes} bytes, allowed are up to ${mostBytes}`;
  }

  #mostBytes(method: CallBody["type"], buffers: Buffers): number {
    if (method === "preprocess") return this.#options.mostTensorBytes;
    // The picture comes back.
    return method === "visualize" ? buffers[0]?.byteLength ?? 0 : 0;
  }

  #receive(message: unknown): void {
    if (this.#end !== null) return;
    let received: ReceivedMessage;
    try {
      received = readMessage(message);
    } catch (error) {
      this.#ended(this.#error(`broke the protocol: ${(error as Error).message}`));
      return;
    }
    const { name } = this.#options;
    switch (received.type) {
      case "evaluated":
        if (this.#isEvaluated) this.#ended(this.#error("broke the protocol: it is loaded already"));
        else if (received.problem === null) this.#evaluated.resolve();
        else {
          const { problem, stack } = received;
          this.#evaluated.reject(this.#thrown(`Cannot load plugin ${name}: ${problem}`, stack));
        }
        break;
      case "log": {
        const { level, message, stack, instance, uncaught = 0 } = received;
        this.uncaught += uncaught;
        if (this.#lines.add() > linesPerSecond(this.#instances.size)) return;
        const { trace } = this.#thrown("", stack);
        const where = trace.length === 0 ? "" : `, at ${trace.join(", at ")}`;
        this.#lineLogger(instance)[level]("{message}{where}", { message, where });
        break;
      }
      case "memory": {
        const reason = this.#options.onMemory(received.usedMb);
        if (reason !== null) this.#ended(this.#error(reason));
        break;
      }
      case "exit":
        this.#ended(this.#error(received.message));
        break;
      case "refused":
        this.#settle(
          received.id,
          this.#thrown(`Cannot make use case ${name}: ${received.message}`, received.stack),
        );
        break;
      case "failed":
        this.#settle(received.id, this.#thrown(received.message, received.stack));
        break;
      case "ready":
      case "answer":
        this.#settle(received.id, received);
    }
  }

  /** An error of the plugin's code. */
  #thrown(message: string, stack = ""): UseCaseError {
    return new UseCaseError(message, { trace: this.#options.readTrace(stack) });
  }

  #settle(id: number, outcome: Outcome): void {
    this.#calls.take(id)?.(outcome);
  }

  /** Ends the session once: settles all calls, logs the error, and notifies each instance. */
  #ended(error: UseCaseError): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#evaluated.reject(error);
    this.#calls[Symbol.dispose]();
    this.#calls.settleAll(error);
    this.#link?.kill();
    const ready = [...this.#instances.values()].filter(({ isReady }) => isReady);
    if (ready.length === 0) return;
    this.death = { atMs: performance.now(), instances: ready.length };
    this.#lineLogger(null).error("{words}", { words: error.message });
    for (const { onEnd } of ready) onEnd();
  }

  /** The instance's; of what cannot be told whose it is, that of the only one there is. */
  #lineLogger(instance: number | null): Logger {
    const [only, other] = this.#instances.values();
    const one = instance === null && other === undefined
      ? only
      : this.#instances.get(instance ?? -1);
    return (one ?? this.#options).logger;
  }

  #error(reason: string, instance: number | null = null): UseCaseError {
    const { name } = this.#options;
    if (!this.#isEvaluated) {
      return new UseCaseError(`Cannot load plugin ${name}: it ${reason}`);
    }
    const streams = [...this.#instances.values()].map(({ stream }) => stream);
    const culprit = this.#instances.get(instance ?? -1)?.stream ?? null;
    const shared = streams.length < 2
      ? ""
      : ` (${
        culprit === null ? "" : `it worked for ${culprit}; `
      }${streams.length} streams share it)`;
    return new GuestEnded(`Use case ${name} ${reason}${shared}`, culprit);
  }
}
