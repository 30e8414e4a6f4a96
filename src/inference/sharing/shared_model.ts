/** One backend for all streams that ask the same model, with its fair queue and its batcher. */

import type { Logger } from "@logtape/logtape";
import type { SharingConfig } from "../settings.ts";
import type { ModelMetadata } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { AdaptiveLimit } from "./adaptive_limit.ts";
import { Batcher } from "./batcher.ts";
import { type FairClient, FairQueue } from "./fair_queue.ts";
import type { Inference, InferOptions } from "../inference.ts";
import { waitFor } from "../wait.ts";

/** A model's queue, for metrics. */
export interface ModelQueue {
  /** As log lines name it. */
  readonly model: string;
  /** Frames that wait for a permit. */
  readonly waiting: number;
  /** Frames that have a permit. */
  readonly inFlight: number;
  /** Permits at most. */
  readonly maxInFlight: number;
}

/**
 * Requests in flight to a model server at most, where nothing was said and no stream alone wants
 * more: enough to keep any server busy over a network, and few enough that most of what waits does
 * so here, where permits are handed out fairly and a frame whose deadline is exceeded can still leave.
 */
const usualInFlight = 16;
/** Where requests are computed one by one, whole batches among them: the next is at hand. */
const oneByOneInFlight = 2;

/** The backend of a model, and the permits to ask it. */
export class SharedModel {
  readonly backend: Inference;
  readonly #queue = new FairQueue(1);
  readonly #adaptive = new AdaptiveLimit(() => this.#applyLimit());
  readonly #sharing: SharingConfig;
  readonly #batcher: Batcher | null;
  /** Executors of each client. */
  readonly #clients = new Map<FairClient, number>();
  #metadata: Promise<ModelMetadata> | undefined;

  /** Takes over `backend`, and disposes of it in the end. */
  constructor(backend: Inference, sharing: SharingConfig, logger: Logger) {
    this.backend = backend;
    this.#sharing = sharing;
    this.#batcher = sharing.batchMaxSize === 1 ? null : new Batcher({
      model: backend,
      maxSize: sharing.batchMaxSize,
      maxWaitMs: sharing.batchMaxWaitMs,
      maxInFlight: sharing.maxInFlight ?? oneByOneInFlight,
      logger,
      onActive: () => this.#applyLimit(),
    });
  }

  /** The queue as it is now. */
  get queue(): ModelQueue {
    const { waiting, held: inFlight, limit: maxInFlight } = this.#queue;
    return { model: this.backend.description, waiting, inFlight, maxInFlight };
  }

  /** A new client of the queue, for a stream with so many executors. */
  join(executors: number): FairClient {
    const client = this.#queue.join();
    this.#clients.set(client, executors);
    this.#applyLimit();
    return client;
  }

  /** Gives up what the client waits for. */
  leave(client: FairClient): void {
    client.leave();
    this.#clients.delete(client);
    this.#applyLimit();
  }

  /** Those who ask at the same time share one request. @throws {InferenceError} */
  async metadata({ signal }: InferOptions = {}): Promise<ModelMetadata> {
    // Without the signal of one of them.
    this.#metadata ??= this.#ask().finally(() => this.#metadata = undefined);
    return await waitFor(this.#metadata, { signal });
  }

  /** Runs the model; the caller holds a permit. @throws {InferenceError} */
  async infer(inputs: Tensors, options?: InferOptions): Promise<Tensors> {
    const sentAtMs = performance.now();
    try {
      const outputs = await (this.#batcher ?? this.backend).infer(inputs, options);
      this.#adaptive.answered(sentAtMs);
      return outputs;
    } catch (error) {
      if (options?.signal?.reason?.name === "TimeoutError") this.#adaptive.givenUp(sentAtMs);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#batcher?.[Symbol.dispose]();
    await this.backend[Symbol.asyncDispose]();
  }

  async #ask(): Promise<ModelMetadata> {
    const metadata = await this.backend.metadata();
    this.#batcher?.learn(metadata);
    return metadata;
  }

  #applyLimit(): void {
    const { maxInFlight } = this.#sharing;
    const executors = [...this.#clients.values()];
    const sum = executors.reduce((total, count) => total + count, 0);
    // One batch gathers while the others are on their way, so that none leaves half empty.
    this.#queue.limit = this.#batcher?.active
      ? this.#batcher.size * ((maxInFlight ?? oneByOneInFlight) + 1)
      : maxInFlight ?? this.#adaptive.of(
        this.backend.embedded
          ? oneByOneInFlight
          : Math.min(sum, Math.max(usualInFlight, ...executors)),
      );
  }
}
