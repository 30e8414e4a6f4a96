/** A gRPC server whose protocol, KServe or TensorFlow Serving, is detected on first contact. */

import type { Logger } from "@logtape/logtape";
import type { ModelMetadata } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import type { Inference, InferenceError, InferOptions } from "./inference.ts";
import { waitFor } from "./wait.ts";

/** A backend that can tell whether the server speaks its protocol. */
type Asked = Inference & { isSpoken?(): Promise<boolean> };

/**
 * KServe when the server speaks it, TensorFlow Serving else. Decided on first contact, and anew
 * after the server was away: another version of it may have come back.
 */
export class AutoGrpc implements Inference {
  readonly description: string;
  readonly #kserve: Asked;
  readonly #openTfs: () => Promise<Inference>;
  readonly #logger: Logger;
  #tfs: Inference | undefined;
  /** An object for each choice, so that a request can tell whether its own still holds. */
  #choice: { readonly backend: Inference } | undefined;
  #choosing: Promise<{ readonly backend: Inference }> | undefined;
  #announced: Inference | undefined;

  /** Takes over `kserve`, and disposes it in the end; `openTfs` is called when it is needed. */
  constructor(
    description: string,
    kserve: Asked,
    openTfs: () => Promise<Inference>,
    logger: Logger,
  ) {
    this.description = description;
    this.#kserve = kserve;
    this.#openTfs = openTfs;
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
    return this.#ask((backend) => backend.infer(inputs, options), options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kserve[Symbol.asyncDispose]();
    await this.#tfs?.[Symbol.asyncDispose]();
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
    const backend = await this.#kserve.isSpoken?.() ?? true
      ? this.#kserve
      : this.#tfs ??= await this.#openTfs();
    if (backend !== this.#announced) this.#logger.info(`using ${backend.description}`);
    this.#announced = backend;
    return this.#choice = { backend };
  }
}
