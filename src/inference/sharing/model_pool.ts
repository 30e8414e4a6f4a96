/** The model pool: streams that ask the same model share one backend and one fair queue. */

import type { Logger } from "@logtape/logtape";
import type { SharingConfig } from "../settings.ts";
import type { ModelMetadata } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { type Lease, Shared } from "../../shared.ts";
import type { FairClient } from "./fair_queue.ts";
import {
  type Inference,
  type InferenceConfig,
  InferenceError,
  type InferenceSession,
  type InferOptions,
  type Permit,
  type SessionOptions,
} from "../inference.ts";
import { openInference } from "../open.ts";
import { ServerPool } from "../transport/server_pool.ts";
import { type ModelQueue, SharedModel } from "./shared_model.ts";

/** What the pool has to know of a stream. */
export interface StreamShare {
  /** Requests in flight. */
  readonly executors: number;
  readonly sharing: SharingConfig;
}

/** Opens models; streams come and go, and a model ends with the last that asks it. */
export class ModelPool {
  readonly #logger: Logger;
  readonly #servers = new ServerPool();
  readonly #models = new Shared<SharedModel>((model) => model[Symbol.asyncDispose]());

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** The queue of each model that is asked, for metrics. */
  get queues(): ModelQueue[] {
    return this.#models.items.map(({ queue }) => queue);
  }

  /**
   * The model of `config`, for a stream. Those that share it otherwise have another queue. Returns at
   * once: what is wrong with the model is the first request's error.
   */
  open(config: InferenceConfig, { executors, sharing }: StreamShare): Inference {
    if (config.kind === "none") return openInference(config, this.#logger);
    const lease = this.#models.lease(JSON.stringify([config, sharing]), () => {
      const backend = openInference(config, this.#logger, this.#servers);
      return new SharedModel(backend, sharing, this.#logger);
    });
    return new PooledInference(lease, executors);
  }
}

/** One stream's share of a model. */
class PooledInference implements Inference {
  readonly description: string;
  readonly embedded: boolean;
  readonly #lease: Lease<SharedModel>;
  readonly #client: FairClient;
  #closed = false;

  constructor(lease: Lease<SharedModel>, executors: number) {
    this.description = lease.item.backend.description;
    this.embedded = lease.item.backend.embedded ?? false;
    this.#lease = lease;
    this.#client = lease.item.join(executors);
  }

  metadata(options?: InferOptions): Promise<ModelMetadata> {
    return this.#closed ? this.#refuse() : this.#lease.item.metadata(options);
  }

  async ready(options?: InferOptions): Promise<boolean> {
    return !this.#closed && await this.#lease.item.backend.ready(options);
  }

  acquire(options?: InferOptions): Promise<Permit> {
    return this.#closed ? this.#refuse() : this.#client.acquire(options);
  }

  infer(inputs: Tensors, options?: InferOptions): Promise<Tensors> {
    if (this.#closed) return this.#refuse();
    // A frame has its permit already, and is passed on without a promise of our own in between.
    return options?.permit === undefined
      ? this.#inferOnceAllowed(inputs, options)
      : this.#lease.item.infer(inputs, options);
  }

  async session(options: SessionOptions): Promise<InferenceSession | null> {
    if (this.#closed) return await this.#refuse();
    return await this.#lease.item.backend.session?.(options) ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#lease.item.leave(this.#client);
    await this.#lease[Symbol.asyncDispose]();
  }

  async #inferOnceAllowed(inputs: Tensors, options?: InferOptions): Promise<Tensors> {
    using _permit = await this.#client.acquire(options);
    return await this.#lease.item.infer(inputs, options);
  }

  #refuse(): Promise<never> {
    const words = `Cannot ask ${this.description}: it was closed`;
    return Promise.reject(new InferenceError("cancelled", words, ""));
  }
}
