/** KServe v2 over HTTP with the binary tensor extension. */

import type { ModelServerConfig } from "../config/resolved.ts";
import type { ModelMetadata, TensorSpec } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import type { Lease } from "../shared.ts";
import { describeServer } from "./describe_model.ts";
import { serverFailure } from "./failure.ts";
import type { HttpAnswer, HttpConnection, HttpRequest } from "./http_connection.ts";
import {
  type Inference,
  InferenceError,
  type InferenceReason,
  type InferOptions,
} from "./inference.ts";
import { decodeInfer, encodeInfer } from "./kserve_rest_message.ts";
import { MemoryPool } from "../frame/memory_pool.ts";
import type { ServerPool } from "./server_pool.ts";
import { checkDataType } from "./tensor_codec.ts";

interface MetadataAnswer {
  readonly name: string;
  readonly versions?: readonly string[];
  readonly inputs?: readonly TensorMetadata[];
  readonly outputs?: readonly TensorMetadata[];
}

interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** Requests whose memory is kept for later ones: as many as are in flight by default, and some. */
const spareRequests = 8;
const headerLengthName = "inference-header-content-length";

/** A model behind `/v2/models/…`. */
export class KserveRest implements Inference {
  readonly description: string;
  readonly #config: ModelServerConfig;
  readonly #lease: Lease<HttpConnection>;
  readonly #connection: HttpConnection;
  readonly #memory = new MemoryPool(spareRequests);
  /** Path of the model below the server's URL. */
  readonly #path: string;

  private constructor(config: ModelServerConfig, lease: Lease<HttpConnection>) {
    this.description = `${describeServer(config)} (KServe REST)`;
    this.#config = config;
    this.#lease = lease;
    this.#connection = lease.item;
    const version = config.modelVersion === 0 ? "" : `/versions/${config.modelVersion}`;
    this.#path = `/v2/models/${encodeURIComponent(config.modelName)}${version}`;
  }

  /** @throws {InferenceError} when a TLS file cannot be read */
  static async open(config: ModelServerConfig, servers: ServerPool): Promise<KserveRest> {
    const { url, tls } = config;
    const knock = { path: "/v2/health/live" };
    return new KserveRest(config, await servers.http({ url, tls, knock }));
  }

  async metadata(options?: InferOptions): Promise<ModelMetadata> {
    const { body } = await this.#ask({ path: this.#path }, options);
    const { name, versions = [], inputs = [], outputs = [] } = parse<MetadataAnswer>(body);
    const { modelVersion } = this.#config;
    const version = modelVersion > 0
      ? String(modelVersion)
      : versions.toSorted((a, b) => Number(b) - Number(a))[0];
    return {
      name,
      ...version !== undefined && { version },
      inputs: inputs.map(toSpec),
      outputs: outputs.map(toSpec),
    };
  }

  async ready(options?: InferOptions): Promise<boolean> {
    try {
      await this.#ask({ path: `${this.#path}/ready` }, options);
      return true;
    } catch {
      return false;
    }
  }

  async infer(inputs: Tensors, options?: InferOptions): Promise<Tensors> {
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
    // Without that header all of the answer is JSON.
    const answered = answer.headers.get(headerLengthName) ?? answer.body.byteLength;
    return decodeInfer(answer.body, Number(answered));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease[Symbol.asyncDispose]();
  }

  async #ask(request: HttpRequest, options: InferOptions | undefined): Promise<HttpAnswer> {
    const answer = await this.#connection.ask(request, this.#config.timeoutMs, options);
    if (answer.status === 200) return answer;
    throw this.#failure(answer);
  }

  #failure({ status, body }: HttpAnswer): InferenceError {
    const error = errorOf(body);
    const words = error ?? `status ${status}`;
    const reason = reasonOf(status, error);
    return serverFailure(reason, this.#connection.name, `${words} (HTTP ${status})`);
  }
}

function reasonOf(status: number, error: string | undefined): InferenceReason {
  // OVMS and Triton call an unknown model 404 or 400, in much the same words.
  if (error !== undefined && /model\b.*\bnot found|unknown model/i.test(error)) {
    return "model_not_found";
  }
  // KServe's servers put an error into JSON; without it, it is somebody else who answers.
  if (error === undefined && [301, 302, 307, 308, 404, 405].includes(status)) return "unsupported";
  return reasons[status] ?? "server_error";
}

const reasons: Readonly<Record<number, InferenceReason>> = {
  400: "invalid_input",
  401: "unauthorized",
  403: "unauthorized",
  404: "model_not_found",
  408: "timeout",
  412: "invalid_input",
  413: "too_large",
  422: "invalid_input",
  501: "unsupported",
  502: "unavailable",
  503: "unavailable",
  504: "timeout",
};

// `{"error": "…"}`, or `{"detail": "…"}` from servers made with FastAPI.
function errorOf(body: Uint8Array): string | undefined {
  try {
    const { error, detail } = parse<{ error?: unknown; detail?: unknown }>(body);
    const words = error ?? detail;
    return words === undefined ? undefined : String(words);
  } catch {
    return undefined;
  }
}

function parse<T>(body: Uint8Array): T {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as T;
  } catch (cause) {
    throw new InferenceError("server_error", "Cannot read the answer: it is no JSON", "", {
      cause,
    });
  }
}

function toSpec({ name, datatype, shape }: TensorMetadata): TensorSpec {
  return { name, datatype: checkDataType(name, datatype), shape: shape.map(Number) };
}
