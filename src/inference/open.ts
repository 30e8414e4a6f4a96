/** Opens the backend that the settings name, on its first request. */

import type { Logger } from "@logtape/logtape";
import type { InferenceConfig, ModelServerConfig } from "./settings.ts";
import type { ModelMetadata } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import { describeOnnx, describeServer } from "./describe_model.ts";
import { NoModel } from "./no_model.ts";
import { type Inference, InferenceError, type InferOptions } from "./inference.ts";
import { protocolsOf } from "./protocols.ts";
import type { ServerPool } from "./server_pool.ts";

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
  return config.kind === "onnx"
    ? new LazyInference(describeOnnx(config), true, async function openOnnx() {
      return await (await import("./onnx.ts")).Onnx.open(config);
    })
    : new LazyInference(describeServer(config), false, async function openServer() {
      return await openModelServer(config, logger, servers);
    });
}

async function openModelServer(
  config: ModelServerConfig,
  logger: Logger,
  shared?: ServerPool,
): Promise<Inference> {
  const servers = shared ?? new (await import("./server_pool.ts")).ServerPool();
  const [first, second] = protocolsOf(config.url)
    .filter(({ api }) => config.api === "auto" || config.api === api);
  const backend = await first!.open(config, servers, logger);
  if (second === undefined) return backend;
  const { AutoGrpc } = await import("./auto_grpc.ts");
  const openSecond = () => second.open(config, servers, logger);
  return new AutoGrpc(describeServer(config), backend, openSecond, logger);
}

/** Opens the backend when it is first needed; again after opening failed. */
class LazyInference implements Inference {
  readonly #open: () => Promise<Inference>;
  #opening: Promise<Inference> | undefined;
  /** Once it is open, until it is closed. */
  #backend: Inference | undefined;
  #closed = false;

  constructor(
    readonly description: string,
    readonly embedded: boolean,
    open: () => Promise<Inference>,
  ) {
    this.#open = open;
  }

  async metadata(options?: InferOptions): Promise<ModelMetadata> {
    return await (await this.#opened()).metadata(options);
  }

  async ready(options?: InferOptions): Promise<boolean> {
    try {
      return await (await this.#opened()).ready(options);
    } catch {
      return false;
    }
  }

  infer(inputs: Tensors, options?: InferOptions): Promise<Tensors> {
    // For each frame: a backend that is open is asked without a promise of our own in between.
    return this.#backend?.infer(inputs, options) ?? this.#inferOnceOpen(inputs, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#backend = undefined;
    const backend = await this.#opening?.catch(() => undefined);
    await backend?.[Symbol.asyncDispose]();
  }

  async #inferOnceOpen(inputs: Tensors, options?: InferOptions): Promise<Tensors> {
    return await (await this.#opened()).infer(inputs, options);
  }

  async #opened(): Promise<Inference> {
    if (this.#closed) {
      throw new InferenceError("cancelled", `Cannot ask ${this.description}: it was closed`, "");
    }
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    const backend = await this.#opening;
    if (!this.#closed) this.#backend = backend;
    return backend;
  }
}
