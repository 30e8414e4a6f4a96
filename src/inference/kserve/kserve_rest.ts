/** KServe v2 over HTTP: with the binary tensor extension where the server has it, else in JSON. */

import type { Logger } from "@logtape/logtape";
import type { ModelMetadata } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import type { Lease } from "../../shared.ts";
import { describeServer } from "../describe_model.ts";
import type { HttpAnswer, HttpConnection, HttpRequest } from "../transport/http_connection.ts";
import {
  type Inference,
  InferenceError,
  type InferOptions,
  type ModelServerConfig,
} from "../inference.ts";
import { decodeInfer, encodeInfer, encodeInferJson, parseJson } from "./kserve_rest_message.ts";
import { MemoryPool } from "../../frame/memory_pool.ts";
import { readMetadata } from "../model_answer.ts";
import { restFailure } from "./rest_failure.ts";
import type { ServerPool } from "../transport/server_pool.ts";

/** Requests whose memory is kept for later ones: as many as are in flight by default, and some. */
const spareRequests = 8;
const headerLengthName = "inference-header-content-length";
const binaryExtension = "binary_tensor_data";

/** A model behind `/v2/models/…`. */
export class KserveRest implements Inference {
  readonly description: string;
  readonly #config: ModelServerConfig;
  readonly #lease: Lease<HttpConnection>;
  readonly #connection: HttpConnection;
  readonly #logger: Logger;
  readonly #memory = new MemoryPool(spareRequests);
  /** Path of the model below the server's URL. */
  readonly #path: string;
  /** How tensors go to the server, once it has answered one way. */
  #form: "binary" | "json" | null = null;
  #warned = false;

  private constructor(config: ModelServerConfig, lease: Lease<HttpConnection>, logger: Logger) {
    this.description = `${describeServer(config)} (KServe REST)`;
    this.#config = config;
    this.#lease = lease;
    this.#connection = lease.item;
    this.#logger = logger;
    const version = config.modelVersion === 0 ? "" : `/versions/${config.modelVersion}`;
    this.#path = `/v2/models/${encodeURIComponent(config.modelName)}${version}`;
  }

  /** @throws {InferenceError} when a TLS file cannot be read */
  static async open(
    config: ModelServerConfig,
    servers: ServerPool,
    logger: Logger,
  ): Promise<KserveRest> {
    const { url, tls } = config;
    const probe = { path: "/v2/health/live" };
    return new KserveRest(config, await servers.http(url, tls, probe), logger);
  }

  async metadata(options?: InferOptions): Promise<ModelMetadata> {
    const { modelName } = this.#config;
    const { body } = await this.#ask({ path: this.#path }, options);
    const answer = parseJson(`what the server says of model ${modelName}`, body);
    return readMetadata(answer, this.#config);
  }

  async ready(options?: InferOptions): Promise<boolean> {
    try {
      const { body } = await this.#ask({ path: `${this.#path}/ready` }, options);
      // Most servers say it by the status alone.
      return !/"ready"\s*:\s*false/.test(new TextDecoder().decode(body.subarray(0, 1024)));
    } catch {
      return false;
    }
  }

  async infer(inputs: Tensors, options?: InferOptions): Promise<Tensors> {
    try {
      if (this.#form === "json") return await this.#inferJson(inputs, options);
      const outputs = await this.#inferBinary(inputs, options);
      this.#form = "binary";
      return outputs;
    } catch (error) {
      if (this.#form === null && mayComeOfForm(error)) {
        return await this.#inferOtherwise(inputs, error, options);
      }
      // What comes back may be another server.
      if ((error as InferenceError).reason === "unavailable") this.#form = null;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease[Symbol.asyncDispose]();
  }

  async #inferBinary(inputs: Tensors, options?: InferOptions): Promise<Tensors> {
    const { body, headerLength } = encodeInfer(inputs, this.#memory);
    const answer = await this.#ask({
      path: `${this.#path}/infer`,
      headers: {
        "content-type": "application/octet-stream",
        [headerLengthName]: String(headerLength),
      },
      body,
    }, options);
    // fetch has made a copy of its own.
    this.#memory.give(body.buffer);
    return decode(answer);
  }

  async #inferJson(inputs: Tensors, options?: InferOptions): Promise<Tensors> {
    return decode(
      await this.#ask({
        path: `${this.#path}/infer`,
        headers: { "content-type": "application/json" },
        body: encodeInferJson(inputs),
      }, options),
    );
  }

  /** A request with binary tensors was `refused`; perhaps the server knows none. */
  async #inferOtherwise(
    inputs: Tensors,
    refused: unknown,
    options: InferOptions | undefined,
  ): Promise<Tensors> {
    const extensions = await this.#extensions(options);
    if (extensions?.includes(binaryExtension)) {
      this.#form = "binary";
      throw refused;
    }
    let outputs: Tensors;
    try {
      outputs = await this.#inferJson(inputs, options);
    } catch (error) {
      // Its words are the better ones where the first request cannot have been understood.
      throw extensions === null ? refused : error;
    }
    this.#form = "json";
    if (!this.#warned) {
      this.#warned = true;
      this.#logger.warn(
        "{model} takes no binary tensors: they are sent as JSON text, which costs several times " +
          "the bytes and the CPU on both sides; ask it over gRPC (grpc://) if it has that",
        { model: this.description },
      );
    }
    return outputs;
  }

  /** What the server says it can do beyond the protocol; null when it does not say. */
  async #extensions(options: InferOptions | undefined): Promise<readonly unknown[] | null> {
    try {
      const { body } = await this.#ask({ path: "/v2" }, options);
      const { extensions } = JSON.parse(new TextDecoder().decode(body));
      return Array.isArray(extensions) ? extensions : null;
    } catch {
      return null;
    }
  }

  async #ask(request: HttpRequest, options: InferOptions | undefined): Promise<HttpAnswer> {
    const answer = await this.#connection.ask(request, this.#config.timeoutMs, options);
    if (answer.status === 200) return answer;
    throw restFailure(answer, this.#connection.name);
  }
}

function decode({ headers, body }: HttpAnswer): Tensors {
  // Without that header all of the answer is JSON.
  return decodeInfer(body, Number(headers.get(headerLengthName) ?? body.byteLength));
}

// MLServer answers binary tensors with 500 and no JSON.
function mayComeOfForm(error: unknown): boolean {
  return error instanceof InferenceError &&
    ["server_error", "invalid_input", "unsupported"].includes(error.reason);
}
