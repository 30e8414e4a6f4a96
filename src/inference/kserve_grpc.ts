/** KServe v2 over gRPC: what OpenVINO Model Server, Triton and others speak. */

import type { ModelServerConfig } from "../config/resolved.ts";
import type { ModelMetadata, TensorSpec } from "../frame/model.ts";
import type { Tensor, Tensors } from "../frame/tensor.ts";
import type { Lease } from "../shared.ts";
import { describeServer } from "./describe_model.ts";
import type { GrpcChannel, UnaryMethod } from "./grpc_channel.ts";
import { type Inference, InferenceError, type InferOptions } from "./inference.ts";
import { decodeContents, type InferTensorContents } from "./kserve_contents.ts";
import { ModelInferEncoder } from "./kserve_request.ts";
import { MemoryPool } from "./memory_pool.ts";
import { loadKserve } from "./protos.ts";
import { checkDataType, decodeTensor } from "./tensor_codec.ts";

interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly string[];
}

interface ModelMetadataResponse {
  readonly name: string;
  readonly versions: readonly string[];
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

interface ModelInferResponse {
  readonly outputs: readonly (TensorMetadata & { readonly contents: InferTensorContents | null })[];
  readonly raw_output_contents: readonly Uint8Array[];
}

interface ModelRequest {
  readonly name: string;
  readonly version: string;
}

interface KserveMethods {
  readonly ServerLive: UnaryMethod<object, { live: boolean }>;
  readonly ModelReady: UnaryMethod<ModelRequest, { ready: boolean }>;
  readonly ModelMetadata: UnaryMethod<ModelRequest, ModelMetadataResponse>;
  readonly ModelInfer: UnaryMethod<never, ModelInferResponse>;
}

/** Requests whose memory is kept for later ones: as many as are in flight by default, and some. */
const spareRequests = 8;

/** A model behind `inference.GRPCInferenceService`. */
export class KserveGrpc implements Inference {
  readonly description: string;
  readonly #config: ModelServerConfig;
  readonly #lease: Lease<GrpcChannel>;
  readonly #channel: GrpcChannel;
  readonly #methods: KserveMethods;
  /** As the protocol wants it: empty = latest. */
  readonly #version: string;
  readonly #memory = new MemoryPool(spareRequests);
  readonly #encoder: ModelInferEncoder;

  private constructor(
    config: ModelServerConfig,
    lease: Lease<GrpcChannel>,
    methods: KserveMethods,
  ) {
    this.description = `${describeServer(config)} (KServe gRPC)`;
    this.#config = config;
    this.#lease = lease;
    this.#channel = lease.item;
    this.#methods = methods;
    this.#version = config.modelVersion === 0 ? "" : String(config.modelVersion);
    const target = { modelName: config.modelName, modelVersion: this.#version };
    this.#encoder = new ModelInferEncoder(target, this.#memory);
  }

  /** Takes over the channel's lease, and ends it in the end. */
  static async open(config: ModelServerConfig, channel: Lease<GrpcChannel>): Promise<KserveGrpc> {
    const methods = await loadKserve() as unknown as KserveMethods;
    return new KserveGrpc(config, channel, methods);
  }

  /**
   * Whether the server speaks this protocol at all.
   * @throws {InferenceError} when it cannot be asked
   */
  async isSpoken(options?: InferOptions): Promise<boolean> {
    try {
      await this.#channel.unary(this.#methods.ServerLive, {}, this.#config.timeoutMs, options);
      return true;
    } catch (error) {
      if ((error as InferenceError).reason === "unsupported") return false;
      throw error;
    }
  }

  async metadata(options?: InferOptions): Promise<ModelMetadata> {
    const { timeoutMs } = this.#config;
    const answer = await this.#channel.unary(
      this.#methods.ModelMetadata,
      this.#model(),
      timeoutMs,
      options,
    );
    // OVMS lists the versions that are loaded; the one it serves is the asked or the highest.
    const version = this.#version || answer.versions.toSorted((a, b) => Number(b) - Number(a))[0];
    return {
      name: answer.name,
      ...version !== undefined && { version },
      inputs: answer.inputs.map(toSpec),
      outputs: answer.outputs.map(toSpec),
    };
  }

  async ready(options?: InferOptions): Promise<boolean> {
    try {
      const { timeoutMs } = this.#config;
      return (await this.#channel.unary(
        this.#methods.ModelReady,
        this.#model(),
        timeoutMs,
        options,
      )).ready;
    } catch {
      return false;
    }
  }

  async infer(inputs: Tensors, options?: InferOptions): Promise<Tensors> {
    const { timeoutMs } = this.#config;
    const { path, responseDeserialize } = this.#methods.ModelInfer;
    const frame = this.#encoder.encode(inputs);
    const answer = await this.#channel.call(path, frame, timeoutMs, options);
    // Answered, so read to its end: of a request that failed some may still wait to be sent.
    this.#memory.give(frame.buffer);
    const { outputs, raw_output_contents } = responseDeserialize(answer);
    return Object.fromEntries(outputs.map((output, index) => {
      const raw = raw_output_contents[index];
      return [output.name, toTensor(output, raw)];
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease[Symbol.asyncDispose]();
  }

  #model(): ModelRequest {
    return { name: this.#config.modelName, version: this.#version };
  }
}

function toSpec({ name, datatype, shape }: TensorMetadata): TensorSpec {
  return { name, datatype: checkDataType(name, datatype), shape: shape.map(Number) };
}

function toTensor(
  output: ModelInferResponse["outputs"][number],
  raw: Uint8Array | undefined,
): Tensor {
  const { name, datatype, contents } = output;
  const shape = output.shape.map(Number);
  if (raw !== undefined) return decodeTensor(name, datatype, shape, raw);
  if (contents !== null) return decodeContents(name, datatype, shape, contents);
  throw new InferenceError("server_error", `Cannot read output ${name}: it came without data`, "");
}
