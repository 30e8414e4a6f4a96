/** Decodes KServe v2's InferTensorContents, from servers that do not answer with raw bytes. */

import type { DataType, Tensor, TensorData } from "../../frame/tensor.ts";
import { checkDataType, checkOutput } from "../tensor_codec.ts";

/** `inference.InferTensorContents` as proto-loader gives it. */
export interface InferTensorContents {
  readonly bool_contents: readonly boolean[];
  readonly int_contents: readonly number[];
  readonly int64_contents: readonly string[];
  readonly uint_contents: readonly number[];
  readonly uint64_contents: readonly string[];
  readonly fp32_contents: readonly number[];
  readonly fp64_contents: readonly number[];
  readonly bytes_contents: readonly Uint8Array[];
}

/**
 * The tensor that `contents` holds.
 * @throws {InferenceError}
 */
export function decodeContents(
  name: string,
  datatype: string,
  shape: readonly number[],
  contents: InferTensorContents,
): Tensor {
  const type = checkDataType(name, datatype);
  return checkOutput(name, { datatype: type, shape, data: read[type](contents) });
}

const read: Readonly<Record<DataType, (contents: InferTensorContents) => TensorData>> = {
  BOOL: ({ bool_contents }) => Uint8Array.from(bool_contents, Number),
  UINT8: ({ uint_contents }) => Uint8Array.from(uint_contents),
  UINT16: ({ uint_contents }) => Uint16Array.from(uint_contents),
  UINT32: ({ uint_contents }) => Uint32Array.from(uint_contents),
  UINT64: ({ uint64_contents }) => BigUint64Array.from(uint64_contents, BigInt),
  INT8: ({ int_contents }) => Int8Array.from(int_contents),
  INT16: ({ int_contents }) => Int16Array.from(int_contents),
  INT32: ({ int_contents }) => Int32Array.from(int_contents),
  INT64: ({ int64_contents }) => BigInt64Array.from(int64_contents, BigInt),
  // The protocol has no field for halves; some servers use the one for floats.
  FP16: ({ fp32_contents }) => Float16Array.from(fp32_contents),
  FP32: ({ fp32_contents }) => Float32Array.from(fp32_contents),
  FP64: ({ fp64_contents }) => Float64Array.from(fp64_contents),
  BYTES: ({ bytes_contents }) => bytes_contents,
};
