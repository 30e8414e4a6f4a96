/** Requests and answers of KServe REST with binary tensors: a JSON header, then the tensors' bytes. */

import type { DataType, Tensor, TensorData, Tensors } from "../frame/tensor.ts";
import { InferenceError } from "./inference.ts";
import type { MemoryPool } from "../frame/memory_pool.ts";
import { checkDataType, checkTensor, decodeTensor, encodeTensor } from "./tensor_codec.ts";

interface OutputHeader {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters?: { readonly binary_data_size?: number };
  /** Numbers, booleans or strings, nested or not; absent when the bytes follow the header. */
  readonly data?: readonly unknown[];
}

/** A request's body, and the length of the header at its beginning, in bytes. */
export interface EncodedInfer {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headerLength: number;
}

/**
 * Puts a request together in memory of the pool; the tensors are copied once.
 * @throws {InferenceError} `invalid_input`
 */
export function encodeInfer(tensors: Tensors, memory: MemoryPool): EncodedInfer {
  const parts = Object.entries(tensors).map(([name, tensor]) => encodeTensor(name, tensor));
  const header = new TextEncoder().encode(JSON.stringify({
    inputs: Object.entries(tensors).map(([name, { datatype, shape }], index) => ({
      name,
      datatype,
      shape,
      parameters: { binary_data_size: parts[index]!.byteLength },
    })),
    parameters: { binary_data_output: true },
  }));
  const length = parts.reduce((sum, part) => sum + part.byteLength, header.byteLength);
  const body = memory.take(length);
  body.set(header);
  let offset = header.byteLength;
  for (const part of parts) {
    body.set(part, offset);
    offset += part.byteLength;
  }
  return { body, headerLength: header.byteLength };
}

/**
 * Outputs from an answer whose first `headerLength` bytes are JSON.
 * @throws {InferenceError} `server_error` when it is not such an answer
 */
export function decodeInfer(body: Uint8Array, headerLength: number): Tensors {
  const header = parseHeader(body.subarray(0, headerLength));
  let offset = headerLength;
  return Object.fromEntries(header.outputs.map((output) => {
    const { name, datatype, shape, data, parameters } = output;
    const size = parameters?.binary_data_size;
    if (size === undefined) return [name, fromJson(name, datatype, shape, data ?? [])];
    const bytes = body.subarray(offset, offset + size);
    offset += size;
    return [name, decodeTensor(name, datatype, shape, bytes)];
  }));
}

function parseHeader(bytes: Uint8Array): { readonly outputs: readonly OutputHeader[] } {
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes));
    if (Array.isArray(header.outputs)) return header;
  } catch (cause) {
    throw unreadable((cause as Error).message, cause);
  }
  throw unreadable("it has no outputs", undefined);
}

function fromJson(
  name: string,
  datatype: string,
  shape: readonly number[],
  nested: readonly unknown[],
): Tensor {
  const type = checkDataType(name, datatype);
  return checkTensor(name, { datatype: type, shape, data: read[type](nested.flat(Infinity)) });
}

const read: Readonly<Record<DataType, (list: unknown[]) => TensorData>> = {
  BOOL: (list) => Uint8Array.from(list, Number),
  UINT8: (list) => Uint8Array.from(list, Number),
  UINT16: (list) => Uint16Array.from(list, Number),
  UINT32: (list) => Uint32Array.from(list, Number),
  UINT64: (list) => BigUint64Array.from(list, (item) => BigInt(item as number)),
  INT8: (list) => Int8Array.from(list, Number),
  INT16: (list) => Int16Array.from(list, Number),
  INT32: (list) => Int32Array.from(list, Number),
  INT64: (list) => BigInt64Array.from(list, (item) => BigInt(item as number)),
  FP16: (list) => Float16Array.from(list, Number),
  FP32: (list) => Float32Array.from(list, Number),
  FP64: (list) => Float64Array.from(list, Number),
  BYTES: (list) => list.map((item) => new TextEncoder().encode(String(item))),
};

function unreadable(problem: string, cause: unknown): InferenceError {
  return new InferenceError(
    "server_error",
    `Cannot read the model server's answer: ${problem}`,
    "Check that --ovms_url is the address of a KServe REST server.",
    { cause },
  );
}
