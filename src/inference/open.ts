/** Opens the backend that the settings name, on its first request. */

import type { Logger } from "@logtape/logtape";
import type { ModelMetadata } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import { describeOnnx, describeServer } from "./describe_model.ts";
import { NoModel } from "./no_model.ts";
import {
  type Inference,
  type InferenceConfig,
  InferenceError,
  type InferenceSession,
  type InferOptions,
  type SessionOptions,
} from "./inference.ts";
import { protocolsOf } from "./protocols.ts";
import type { ServerPool } from "./transport/server_pool.ts";
import { waitFor } from "./wait.ts";

/**
 * The model of `config`, for one user alone; streams share theirs through `ModelPool`. Returns at
 * once: the backend is loaded, and the server asked, with the first request; what is wrong with
 * either is that request's {@link InferenceError}.
 */
export function openInference(
  config: InferenceConfig,
  logger: Logger,
  servers?: ServerPool,
): Inference {
  if (config.kind === "none") return new NoModel();
  if (config.kind === "onnx") {
    return new LazyInference(describeOnnx(config), true, [async function openOnnx() {
      return await (await import("./onnx/onnx.ts")).Onnx.open(config);
    }], logger);
  }
  const openers = protocolsOf(config.url)
    .filter(({ api }) => config.api === "auto" || config.api === api)
    .map((protocol) =>
      async function openProtocol() {
        servers ??= new (await import("./transport/server_pool.ts")).ServerPool();
        return await protocol.open(config, servers, logger);
      }
    );
  return new LazyInference(describeServer(config), false, openers, logger);
}

/** A backend, which may be able to tell whether the server speaks its protocol. */
type Candidate = Inference & { isSpoken?(): Promise<boolean> };

/**
 * Opens the backend when it is first needed; again after opening failed. Of several it takes the
 * first whose protocol the server speaks. That is decided on first contact, and anew after the
 * server was away: another version of it may have come back.
 */
class LazyInference implements Inference {
  readonly #openers: readonly (() => Promise<Candidate>)[];
  readonly #logger: Logger;
  /** What was opened, or is being. */
  readonly #opened: (Promise<Candidate> | undefined)[] = [];
  /** An object for each choice, so that a request can tell whether its own still holds. */
  #choice: { readonly backend: Inference } | undefined;
  #choosing: Promise<{ readonly backend: Inference }> | undefined;
  #announced: Inference | undefined;
  #closed = false;

  constructor(
    readonly description: string,
    readonly embedded: boolean,
    openers: readonly (() => Promise<Candidate>)[],
    logger: Logger,
  ) {
    this.#openers = openers;
    this.#logger = logger;
  }

  metadata(options?: InferOptions): Promise<ModelMetadata> {
    return this.#ask((backend) => backend.metadata(options), options);
  }

  async ready(options?: InferOptions): Promise<boolean> {
    try {
      return await this.#ask((backend) => backend.ready(options), options);
    } catch {
      return false;
    }
  }

  infer(inputs: Tensors, options?: InferOptions): Promise<Tensors> {
    // For each frame: the only backend is asked without a promise of our own in between.
    return this.#openers.length === 1 && this.#choice !== undefined
      ? this.#choice.backend.infer(inputs, options)
      : this.#ask((backend) => backend.infer(inputs, options), options);
  }

  async session(options: SessionOptions): Promise<InferenceSession | null> {
    // It was described a moment ago: a server that is away since then is still the one.
    const backend = this.#choice?.backend ?? await this.#open(0);
    return await backend.session?.(options) ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#choice = undefined;
    await Promise.all(this.#opened.map(async (opening) => {
      const backend = await opening?.catch(() => undefined);
      await backend?.[Symbol.asyncDispose]();
    }));
  }

  async #ask<T>(
    question: (backend: Inference) => Promise<T>,
    { signal }: InferOptions = {},
  ): Promise<T> {
    const choice = this.#choice ?? await waitFor(this.#chosen(), { signal });
    try {
      return await question(choice.backend);
    } catch (error) {
      const { reason } = error as InferenceError;
      const lost = reason === "unavailable" || reason === "unsupported";
      if (lost && this.#choice === choice) this.#choice = undefined;
      throw error;
    }
  }

  // Without the asker's signal, since those who come later share the answer.
  #chosen(): Promise<{ readonly backend: Inference }> {
    return this.#choosing ??= this.#choose().finally(() => this.#choosing = undefined);
  }

  async #choose(): Promise<{ readonly backend: Inference }> {
    const last = this.#openers.length - 1;
    let index = 0;
    let backend = await this.#open(index);
    while (index < last && !(await backend.isSpoken?.() ?? true)) {
      backend = await this.#open(++index);
    }
    if (last > 0 && backend !== this.#announced) this.#logger.info(`using ${backend.description}`);
    this.#announced = backend;
    const choice = { backend };
    if (!this.#closed) this.#choice = choice;
    return choice;
  }

  async #open(index: number): Promise<Candidate> {
    if (this.#closed) {
      throw new InferenceError("cancelled", `Cannot ask ${this.description}: it was closed`, "");
    }
    return await (this.#opened[index] ??= this.#openers[index]!().catch((error) => {
      this.#opened[index] = undefined;
      throw error;
    }));
  }
}
