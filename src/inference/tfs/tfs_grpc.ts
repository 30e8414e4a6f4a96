/** TensorFlow Serving's protocol over gRPC: OpenVINO Model Server up to 2026.2, and TensorFlow Serving. */

import type { ModelMetadata } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import type { Lease } from "../../shared.ts";
import { describeServer } from "../describe_model.ts";
import type { GrpcChannel, UnaryMethod } from "../transport/grpc_channel.ts";
import {
  type Inference,
  InferenceError,
  type InferOptions,
  type ModelServerConfig,
} from "../inference.ts";
import { type AskedModel, readMetadata } from "../model_answer.ts";
import { loadTensorflowServing, type TensorflowServing } from "../transport/protos.ts";
import { toFrame } from "../transport/grpc_frame.ts";
import { PredictEncoder } from "./tfs_request.ts";
import {
  fromTensorProto,
  type TensorInfo,
  type TensorProto,
  toDataType,
  toExtents,
  toTensorProto,
} from "./tfs_tensor.ts";

interface ModelSpec {
  readonly name: string;
  readonly version?: { readonly value: string | number } | null;
}

interface WithModelSpec {
  readonly model_spec: ModelSpec;
}

interface PredictRequest extends WithModelSpec {
  readonly inputs: Readonly<Record<string, Partial<TensorProto>>>;
}

interface MetadataResponse extends WithModelSpec {
  readonly metadata: Readonly<Record<string, { readonly value: Uint8Array }>>;
}

interface Signature {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly outputs: Readonly<Record<string, TensorInfo>>;
}

interface TfsMethods {
  readonly Predict: UnaryMethod<
    PredictRequest,
    { readonly outputs: Readonly<Record<string, TensorProto>> }
  >;
  readonly GetModelMetadata: UnaryMethod<
    WithModelSpec & { readonly metadata_field: readonly string[] },
    MetadataResponse
  >;
  readonly GetModelStatus: UnaryMethod<
    WithModelSpec,
    { readonly model_version_status: readonly { readonly state: string }[] }
  >;
}

/** A model behind `tensorflow.serving.PredictionService`. */
export class TfsGrpc implements Inference {
  readonly description: string;
  readonly #timeoutMs: number;
  readonly #lease: Lease<GrpcChannel>;
  readonly #channel: GrpcChannel;
  readonly #methods: TfsMethods;
  readonly #signatureDefMap: TensorflowServing["signatureDefMap"];
  readonly #asked: AskedModel;
  readonly #model: ModelSpec;
  readonly #encoder: PredictEncoder;

  private constructor(
    config: ModelServerConfig,
    lease: Lease<GrpcChannel>,
    protos: TensorflowServing,
  ) {
    this.description = `${describeServer(config)} (TensorFlow Serving gRPC)`;
    this.#timeoutMs = config.timeoutMs;
    this.#lease = lease;
    this.#channel = lease.item;
    this.#methods = { ...protos.prediction, ...protos.model } as unknown as TfsMethods;
    this.#signatureDefMap = protos.signatureDefMap;
    this.#asked = config;
    this.#model = config.modelVersion === 0
      ? { name: config.modelName }
      : { name: config.modelName, version: { value: config.modelVersion } };
    this.#encoder = new PredictEncoder(config.modelName, config.modelVersion);
  }

  /** Takes over the channel's lease, and ends it in the end. */
  static async open(config: ModelServerConfig, channel: Lease<GrpcChannel>): Promise<TfsGrpc> {
    return new TfsGrpc(config, channel, await loadTensorflowServing());
  }

  async metadata(options?: InferOptions): Promise<ModelMetadata> {
    const request = { model_spec: this.#model, metadata_field: ["signature_def"] };
    const answer = await this.#call(this.#methods.GetModelMetadata, request, options);
    const { inputs, outputs } = this.#signature(answer);
    const version = answer.model_spec?.version?.value;
    return readMetadata({
      name: this.#model.name,
      versions: version === undefined ? [] : [version],
      inputs: toTensors(inputs),
      outputs: toTensors(outputs),
    }, this.#asked);
  }

  async ready(options?: InferOptions): Promise<boolean> {
    try {
      const request = { model_spec: this.#model };
      const answer = await this.#call(this.#methods.GetModelStatus, request, options);
      return answer.model_version_status.some(({ state }) => state === "AVAILABLE");
    } catch {
      return false;
    }
  }

  async infer(tensors: Tensors, options?: InferOptions): Promise<Tensors> {
    const { path, responseDeserialize } = this.#methods.Predict;
    return await this.#channel.call({
      path,
      encode: () => this.#encoder.encode(tensors) ?? [this.#encodeSlowly(tensors)],
      timeoutMs: this.#timeoutMs,
      read: (message) =>
        Object.fromEntries(
          Object.entries(responseDeserialize(message).outputs)
            .map(([name, proto]) => [name, fromTensorProto(name, proto)]),
        ),
    }, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease[Symbol.asyncDispose]();
  }

  #encodeSlowly(tensors: Tensors): Uint8Array<ArrayBuffer> {
    const inputs = Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [name, toTensorProto(name, tensor)]),
    );
    const request = { model_spec: this.#model, inputs };
    return toFrame(this.#methods.Predict.requestSerialize(request));
  }

  async #call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    options: InferOptions | undefined,
  ): Promise<Response> {
    return await this.#channel.unary(method, request, this.#timeoutMs, options);
  }

  #signature({ metadata }: MetadataResponse): Signature {
    const packed = metadata["signature_def"];
    const map = packed === undefined
      ? {}
      : (this.#signatureDefMap.deserialize(packed.value as never) as {
        signature_def: Readonly<Record<string, Signature>>;
      }).signature_def;
    const signature = map["serving_default"] ?? Object.values(map)[0];
    if (signature !== undefined) return signature;
    throw new InferenceError(
      "server_error",
      `Cannot read the metadata of ${this.#model.name}: it has no signature`,
      "",
    );
  }
}

function toTensors(infos: Readonly<Record<string, TensorInfo>>) {
  return Object.entries(infos).map(([name, info]) => {
    return { name, datatype: toDataType(name, info.dtype), shape: toExtents(info) };
  });
}
