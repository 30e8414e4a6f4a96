/** An ONNX file, loaded into onnxruntime. */

import { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import type { TensorSpec } from "../frame/model.ts";
import type { Tensor, TensorData, Tensors } from "../frame/tensor.ts";
import { fromOnnx } from "./element_types.ts";

type Feeds = Record<string, OnnxTensor>;

/**
 * A model that runs. onnxruntime-node computes on the calling thread: while a request runs,
 * nothing else of this process does, so requests are answered one at a time.
 */
export class OnnxSession {
  readonly #session: InferenceSession;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];

  private constructor(session: InferenceSession) {
    this.#session = session;
    this.inputs = session.inputMetadata.map(toSpec);
    this.outputs = session.outputMetadata.map(toSpec);
  }

  /** Loads `path`; whatever is wrong with the file is in the error's message. */
  static async open(path: string): Promise<OnnxSession> {
    let file: Deno.FileInfo;
    try {
      file = await Deno.stat(path);
    } catch (cause) {
      const reason = cause instanceof Deno.errors.NotFound ? "no such file" : String(cause);
      throw new Error(`Cannot read model ${path}: ${reason}`, { cause });
    }
    if (!file.isFile) throw new Error(`Cannot read model ${path}: it is not a file`);
    try {
      const session = await InferenceSession.create(path, {
        // Threads that spin while idle would take the cores from whoever decodes the video.
        extra: { session: { intra_op: { allow_spinning: "0" } } },
        logSeverityLevel: 3,
      });
      return new OnnxSession(session);
    } catch (cause) {
      const reason = (cause as Error).message.replaceAll(/\s+/g, " ");
      throw new Error(`Cannot load model ${path}: ${reason}`, { cause });
    }
  }

  /** Runs the model once; inputs must have the names, types and shapes of {@link inputs}. */
  async run(inputs: Tensors): Promise<Tensors> {
    const feeds: Feeds = {};
    for (const [name, tensor] of Object.entries(inputs)) feeds[name] = toOnnx(tensor);
    const results = await this.#session.run(feeds);
    return Object.fromEntries(
      this.outputs.map(({ name }) => [name, fromOnnxTensor(results[name]! as OnnxTensor)]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

function toSpec(metadata: InferenceSession.ValueMetadata): TensorSpec {
  if (!metadata.isTensor) {
    throw new TypeError(`${metadata.name} is a sequence or a map, and only tensors are served`);
  }
  const datatype = fromOnnx(metadata.type);
  if (datatype === undefined) {
    throw new TypeError(`${metadata.name} is of type ${metadata.type}, which is not served`);
  }
  // A dimension is a name where any extent will do.
  const shape = metadata.shape.map((extent) =>
    typeof extent === "number" && extent >= 0 ? extent : -1
  );
  return { name: metadata.name, datatype, shape };
}

function toOnnx({ datatype, shape, data }: Tensor): OnnxTensor {
  if (datatype === "BYTES") {
    const strings = (data as readonly Uint8Array[]).map((item) => new TextDecoder().decode(item));
    return new OnnxTensor("string", strings, [...shape]);
  }
  const type = onnxNames[datatype] ?? datatype.toLowerCase();
  return new OnnxTensor(type as "float32", data as Float32Array, [...shape]);
}

// The others are KServe's names in lower case.
const onnxNames: Partial<Record<string, string>> = {
  FP16: "float16",
  FP32: "float32",
  FP64: "float64",
};

function fromOnnxTensor(tensor: OnnxTensor): Tensor {
  const datatype = fromOnnx(tensor.type)!;
  const data: TensorData = datatype === "BYTES"
    ? (tensor.data as string[]).map((text) => new TextEncoder().encode(text))
    : tensor.data as unknown as TensorData;
  return { datatype, shape: tensor.dims, data };
}
