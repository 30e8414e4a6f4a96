/** One model that any number of streams ask: one backend, one queue. */

import type { ModelMetadata } from "../frame/model.ts";
import { cancelledBy } from "./failure.ts";
import { type FairMember, FairQueue } from "./fair_queue.ts";
import type { Inference, InferOptions } from "./inference.ts";

/** A model's queue, for metrics. */
export interface ModelQueue {
  /** As log lines name it. */
  readonly model: string;
  /** Requests that wait for their turn. */
  readonly waiting: number;
  /** Requests whose turn it is. */
  readonly inFlight: number;
  /** Requests that may have their turn at once. */
  readonly maxInFlight: number;
}

/** How many requests may be in flight for streams with so many executors. */
export type InFlightRule = (executors: readonly number[]) => number;

/** The backend of a model, and turns at it. */
export class SharedModel {
  readonly backend: Inference;
  readonly #queue = new FairQueue(1);
  readonly #rule: InFlightRule;
  /** Executors of each member. */
  readonly #members = new Map<FairMember, number>();
  #metadata: Promise<ModelMetadata> | undefined;

  /** Takes over `backend`, and disposes of it in the end. */
  constructor(backend: Inference, rule: InFlightRule) {
    this.backend = backend;
    this.#rule = rule;
  }

  /** The queue as it is now. */
  get queue(): ModelQueue {
    const { waiting, taken: inFlight, limit: maxInFlight } = this.#queue;
    return { model: this.backend.description, waiting, inFlight, maxInFlight };
  }

  /** A new member of the queue, for a stream with so many executors. */
  join(executors: number): FairMember {
    const member = this.#queue.join();
    this.#members.set(member, executors);
    this.#applyRule();
    return member;
  }

  /** Gives up what the member waits for. */
  leave(member: FairMember): void {
    member.leave();
    this.#members.delete(member);
    if (this.#members.size > 0) this.#applyRule();
  }

  /** Those who ask at the same time share one request. @throws {InferenceError} */
  async metadata({ signal }: InferOptions = {}): Promise<ModelMetadata> {
    // Without the signal of one of them.
    this.#metadata ??= this.backend.metadata().finally(() => this.#metadata = undefined);
    return await unlessAborted(this.#metadata, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backend[Symbol.asyncDispose]();
  }

  #applyRule(): void {
    this.#queue.limit = this.#rule([...this.#members.values()]);
  }
}

async function unlessAborted<T>(answer: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return await answer;
  if (signal.aborted) throw cancelledBy(signal);
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(cancelledBy(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
