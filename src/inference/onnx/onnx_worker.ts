/**
 * The worker in which an embedded model runs: onnxruntime-node computes on the thread that asks,
 * and on the main thread that would hold up cameras and viewers.
 */

import { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import type { TensorSpec } from "../../frame/model.ts";
import type { DataType, Tensor } from "../../frame/tensor.ts";
import { decodeTensor, encodeTensor } from "../tensor_codec.ts";
import type { FromWorker, ToWorker, WireTensor } from "./onnx_messages.ts";

// The types of a worker's globals would replace those of the main thread in every other file.
const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToWorker>) => void;
  postMessage(message: FromWorker, transfer: ArrayBuffer[]): void;
};
const encoder = new TextEncoder();
const decoder = new TextDecoder();

let session: InferenceSession | undefined;

scope.onmessage = async ({ data: message }: MessageEvent<ToWorker>) => {
  try {
    if (message.type === "load") await load(message.path, message.threads);
    else await run(message.id, message.inputs);
  } catch (error) {
    // onnxruntime's messages run over several lines.
    const text = (error as Error).message.replaceAll(/\s+/g, " ").trim();
    const [id, memory] = message.type === "run"
      ? [message.id, memoryOf(message.inputs)]
      : [null, []];
    post({ type: "failed", id, message: text, memory }, memory);
  }
};

async function load(path: string, threads: number): Promise<void> {
  // The path, since weights may lie in files beside the model's, and its bytes know no folder.
  session = await InferenceSession.create(path, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads that spin while idle would take the cores from the decoding of the video.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
    // Errors only: what onnxruntime warns of is the exporter's business.
    logSeverityLevel: 3,
  });
  const { inputMetadata, outputMetadata } = session;
  post({ type: "loaded", inputs: inputMetadata.map(toSpec), outputs: outputMetadata.map(toSpec) });
}

async function run(id: number, inputs: readonly WireTensor[]): Promise<void> {
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, toOnnx(input)]));
  const results = await session!.run(feeds);
  const outputs = Object.entries(results).map(([name, result]) =>
    fromOnnx(name, result as OnnxTensor)
  );
  const memory = memoryOf(inputs);
  post({ type: "done", id, outputs, memory }, [...memoryOf(outputs), ...memory]);
}

function memoryOf(tensors: readonly WireTensor[]): ArrayBuffer[] {
  return tensors.map(({ bytes }) => bytes.buffer);
}

function toOnnx({ name, datatype, shape, bytes }: WireTensor): OnnxTensor {
  const { data } = decodeTensor(name, datatype, shape, bytes);
  if (datatype === "BYTES") {
    const texts = (data as readonly Uint8Array[]).map((item) => decoder.decode(item));
    return new OnnxTensor("string", texts, shape);
  }
  if (datatype === "FP16") {
    // Node-API knows no Float16Array, and the addon would see it as empty.
    const { buffer, byteOffset, length } = data as Float16Array<ArrayBuffer>;
    const bits = new OnnxTensor("uint16", new Uint16Array(buffer, byteOffset, length), shape);
    return Object.assign(bits, { type: "float16" });
  }
  return new OnnxTensor(onnxNames[datatype] as "uint8", data as Uint8Array, shape);
}

function fromOnnx(name: string, { type, dims, data }: OnnxTensor): WireTensor {
  const datatype = datatypeOf(type)!;
  const tensor: Tensor = {
    datatype,
    shape: dims,
    data: datatype === "BYTES"
      ? (data as string[]).map((text) => encoder.encode(text))
      : data as unknown as Uint8Array,
  };
  // A copy: the memory behind it may be the session's.
  return { name, datatype, shape: [...dims], bytes: new Uint8Array(encodeTensor(name, tensor)) };
}

function toSpec(metadata: InferenceSession.ValueMetadata): TensorSpec {
  const { name, isTensor } = metadata;
  if (!isTensor) throw new TypeError(`${name} is a sequence or a map; only tensors can be used`);
  const datatype = datatypeOf(metadata.type);
  if (datatype === undefined) throw new TypeError(`${name} is of unknown type ${metadata.type}`);
  // A dimension is a name, or nothing, where any extent will do.
  const shape = metadata.shape.map((extent) => typeof extent === "number" ? extent : -1);
  return { name, datatype, shape };
}

function datatypeOf(onnxName: string): DataType | undefined {
  const entry = Object.entries(onnxNames).find(([, name]) => name === onnxName);
  return entry?.[0] as DataType | undefined;
}

function post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  scope.postMessage(message, transfer);
}

const onnxNames: Readonly<Record<DataType, string>> = {
  BOOL: "bool",
  UINT8: "uint8",
  UINT16: "uint16",
  UINT32: "uint32",
  UINT64: "uint64",
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FP16: "float16",
  FP32: "float32",
  FP64: "float64",
  BYTES: "string",
};
