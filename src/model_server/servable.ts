/** One served model: what clients see of it, and the way from their tensors to the model's. */

import type { ModelMetadata, TensorSpec } from "../frame/model.ts";
import type { Tensor, Tensors } from "../frame/tensor.ts";
import type { Inference } from "../inference/inference.ts";
import { decodeTensor } from "../inference/codecs.ts";
import { zeros } from "./element_types.ts";
import { type Layouts, reorder } from "./layout.ts";
import { openPorts, type Port, seenByClients } from "./port.ts";
import { readPictures, resizeTensor } from "./picture_tensor.ts";
import type { RequestInput } from "./request.ts";
import { ServerError } from "./server_error.ts";
import { ServerMetrics } from "./server_metrics.ts";
import { unlessAborted } from "../unless_aborted.ts";
import { checkInputCount, isPicture, matchInputs, matchOutputs } from "./validate.ts";

/** How a model is served. */
export interface ServableOptions {
  readonly name: string;
  readonly layouts: Layouts;
  /** Accept any size of picture: the model's own size is reached by scaling. */
  readonly anyShape: boolean;
  /** The one version that is served. @default {1} the number that OVMS gives a single file */
  readonly version?: number | undefined;
  /** Called before each run of the model; its delay delays the answer, its error refuses it. */
  readonly beforeInfer?: ((request: number) => void | Promise<void>) | undefined;
}

/** A model that answers requests of any protocol. */
export class Servable {
  readonly name: string;
  readonly version: number;
  /** Sorted by name, as OVMS lists them, in the order of dimensions that clients see. */
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** What its author wrote into the model. */
  readonly properties: Readonly<Record<string, string>>;
  readonly metrics: ServerMetrics;
  readonly #model: Inference;
  readonly #options: ServableOptions;
  readonly #ports: ReadonlyMap<string, Port>;
  #requests = 0;

  /** @throws {RangeError} when a layout does not fit the model */
  constructor(model: Inference, metadata: ModelMetadata, options: ServableOptions) {
    const { name, version = 1 } = options;
    this.name = name;
    this.version = version;
    this.properties = metadata.properties ?? {};
    this.metrics = new ServerMetrics({ name, version });
    this.#model = model;
    this.#options = options;
    const ports = openPorts(metadata, options.layouts);
    this.#ports = ports;
    this.inputs = seenByClients(metadata.inputs, ports);
    this.outputs = seenByClients(metadata.outputs, ports);
  }

  /**
   * Checks the number of inputs, before anything else is looked at.
   * @throws {ServerError}
   */
  checkInputCount(count: number): void {
    checkInputCount(this.inputs, count);
  }

  /**
   * Checks the inputs, brings them into the model's form, runs it, and brings the outputs back that
   * are asked for; none = all. A request that is broken off gives its place at the model to others.
   * @throws {ServerError}
   */
  async infer(
    inputs: readonly RequestInput[],
    requested: readonly string[],
    signal?: AbortSignal,
  ): Promise<Tensors> {
    this.checkInputCount(inputs.length);
    const outputs = matchOutputs(this.outputs, requested);
    const matched = matchInputs(this.inputs, inputs, this.#options.anyShape);
    const feeds: Record<string, Tensor> = {};
    for (const [spec, input] of matched) {
      if (signal?.aborted) throw brokenOff(signal.reason);
      feeds[spec.name] = await this.#toModel(spec, input);
    }
    await this.#before(signal);
    const results = await this.#run(feeds, signal);
    return Object.fromEntries(
      outputs.map(({ name }) => [name, this.#toClient(name, results[name]!)]),
    );
  }

  async #before(signal: AbortSignal | undefined): Promise<void> {
    const { beforeInfer } = this.#options;
    if (beforeInfer === undefined) return;
    const before = Promise.resolve(beforeInfer(this.#requests++));
    try {
      await unlessAborted(before, signal);
    } catch (error) {
      throw signal?.aborted ? brokenOff(error) : error;
    }
  }

  async #run(feeds: Tensors, signal: AbortSignal | undefined): Promise<Tensors> {
    const startedAtMs = performance.now();
    try {
      const results = await this.#model.infer(feeds, { ...(signal && { signal }) });
      this.metrics.inferred(performance.now() - startedAtMs);
      return results;
    } catch (cause) {
      throw new ServerError("inference", (cause as Error).message, { cause });
    }
  }

  async #toModel(spec: TensorSpec, input: RequestInput): Promise<Tensor> {
    const { letters, toModel } = this.#ports.get(spec.name)!;
    let tensor = isPicture(spec, input)
      ? await readPictures(spec, letters, input)
      : readTensor(spec, input);
    if (this.#options.anyShape) tensor = resizeTensor(spec, letters, tensor);
    return reorder(tensor, toModel);
  }

  #toClient(name: string, tensor: Tensor): Tensor {
    return reorder(tensor, this.#ports.get(name)!.toClient);
  }
}

/** Said to a client that is gone. */
function brokenOff(cause: unknown): ServerError {
  return new ServerError("inference", "the client has broken off", { cause });
}

function readTensor(spec: TensorSpec, { name, shape, content }: RequestInput): Tensor {
  const { datatype } = spec;
  switch (content.kind) {
    case "raw":
      return decodeTensor(name, datatype, shape, content.bytes);
    case "strings":
      return { datatype, shape, data: content.strings };
    case "values": {
      const data = zeros(datatype, content.values.length);
      const big = datatype === "INT64" || datatype === "UINT64";
      const to = data as { [index: number]: number | bigint };
      content.values.forEach((value, i) => to[i] = big ? BigInt(value) : Number(value));
      return { datatype, shape, data };
    }
  }
}
