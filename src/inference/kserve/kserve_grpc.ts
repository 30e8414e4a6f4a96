/** KServe v2 over gRPC: what OpenVINO Model Server, Triton and others speak. */

import type { ModelMetadata } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import type { Lease } from "../../shared.ts";
import { describeServer } from "../describe_model.ts";
import type { GrpcChannel, UnaryMethod } from "../transport/grpc_channel.ts";
import type {
  Inference,
  InferenceError,
  InferenceSession,
  InferOptions,
  ModelServerConfig,
  SessionOptions,
} from "../inference.ts";
import { ModelInferDecoder, type ModelInferResponse } from "./kserve_answer.ts";
import { ModelInferEncoder } from "./kserve_request.ts";
import { readMetadata } from "../model_answer.ts";
import { loadKserve } from "../transport/protos.ts";

interface ModelRequest {
  readonly name: string;
  readonly version: string;
}

interface KserveMethods {
  readonly ServerLive: UnaryMethod<object, { live: boolean }>;
  readonly ModelReady: UnaryMethod<ModelRequest, { ready: boolean }>;
  readonly ModelMetadata: UnaryMethod<ModelRequest, object>;
  readonly ModelInfer: UnaryMethod<never, ModelInferResponse>;
  readonly ModelStreamInfer: { readonly path: string };
}

/** A model behind `inference.GRPCInferenceService`. */
export class KserveGrpc implements Inference {
  readonly description: string;
  readonly #config: ModelServerConfig;
  readonly #lease: Lease<GrpcChannel>;
  readonly #channel: GrpcChannel;
  readonly #methods: KserveMethods;
  /** As the protocol wants it: empty = latest. */
  readonly #version: string;
  readonly #encoder: ModelInferEncoder;
  readonly #decoder: ModelInferDecoder;
  readonly #read = (message: Uint8Array) => this.#decoder.decode(message);
  /** As the server last described it. */
  #metadata: ModelMetadata | undefined;

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
    this.#encoder = new ModelInferEncoder(target);
    this.#decoder = new ModelInferDecoder(methods.ModelInfer.responseDeserialize);
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
    return this.#metadata = readMetadata(answer, this.#config);
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

  infer(inputs: Tensors, options?: InferOptions): Promise<Tensors> {
    return this.#channel.call({
      path: this.#methods.ModelInfer.path,
      encode: () => this.#encoder.encode(inputs),
      timeoutMs: this.#config.timeoutMs,
      read: this.#read,
    }, options);
  }

  /** One for a use case that asks for it, if the server describes the model as a graph. */
  async session(options: SessionOptions): Promise<InferenceSession | null> {
    return options.asked && this.#metadata?.graph ? await this.openSession(options) : null;
  }

  /** A session in any case. */
  async openSession(options: SessionOptions): Promise<InferenceSession> {
    const { GraphSession } = await import("../kserve_stream/session.ts");
    const { ModelStreamInfer, ModelInfer } = this.#methods;
    return new GraphSession(
      this.#config,
      { modelName: this.#config.modelName, modelVersion: this.#version },
      ModelStreamInfer.path,
      ModelInfer.responseDeserialize,
      this.#metadata ?? null,
      options,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease[Symbol.asyncDispose]();
  }

  #model(): ModelRequest {
    return { name: this.#config.modelName, version: this.#version };
  }
}
