/** KServe v2 over gRPC with `ModelStreamInfer`: graphs of OpenVINO Model Server, decoupled models of Triton. */

import type { Logger } from "@logtape/logtape";
import type { ModelMetadata } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import type { Lease } from "../../shared.ts";
import type { GrpcChannel } from "../transport/grpc_channel.ts";
import {
  type Inference,
  InferenceError,
  type InferenceSession,
  type InferOptions,
  type ModelServerConfig,
  noSessionCounts,
  type SessionOptions,
} from "../inference.ts";
import { KserveGrpc } from "../kserve/kserve_grpc.ts";

/** A graph that is always asked in a stream: one for each camera, and one for all other requests. */
export class KserveStream implements Inference {
  readonly description: string;
  readonly #unary: KserveGrpc;
  readonly #logger: Logger;
  #session: Promise<InferenceSession> | undefined;

  private constructor(unary: KserveGrpc, logger: Logger) {
    this.#unary = unary;
    this.#logger = logger;
    this.description = unary.description.replace(/\)$/, ", streaming)");
  }

  /** Takes over the channel's lease, by which the server is asked of the graph, and ends it in the end. */
  static async open(
    config: ModelServerConfig,
    channel: Lease<GrpcChannel>,
    logger: Logger,
  ): Promise<KserveStream> {
    return new KserveStream(await KserveGrpc.open(config, channel), logger);
  }

  metadata(options?: InferOptions): Promise<ModelMetadata> {
    return this.#unary.metadata(options);
  }

  ready(options?: InferOptions): Promise<boolean> {
    return this.#unary.ready(options);
  }

  session(options: SessionOptions): Promise<InferenceSession> {
    return this.#unary.openSession(options);
  }

  async infer(inputs: Tensors, { signal }: InferOptions = {}): Promise<Tensors> {
    this.#session ??= this.#unary.openSession({
      ...{ asked: true, outputs: null, maxAgeMs: null },
      ...{ logger: this.#logger, counts: noSessionCounts() },
    });
    const session = await this.#session;
    try {
      return (await session.infer(inputs, Date.now(), signal)).outputs;
    } catch (error) {
      if (!(error instanceof InferenceError) || error.reason !== "no_answer") throw error;
      throw new InferenceError("timeout", error.message, error.hint, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    await session?.[Symbol.asyncDispose]();
    await this.#unary[Symbol.asyncDispose]();
  }
}
