/** TensorFlow's TensorProto, as proto-loader decodes it, from and to tensors. */

import type { DataType, Tensor, TensorData } from "../../frame/tensor.ts";
import { unreadable } from "../failure.ts";
import { InferenceError } from "../inference.ts";
import {
  checkOutput,
  checkShape,
  checkTensor,
  decodeTensor,
  elementCount,
  encodeTensor,
} from "../tensor_codec.ts";

interface TensorShape {
  readonly dim: readonly { readonly size: string | number }[];
  readonly unknown_rank?: boolean;
}

/** `tensorflow.TensorInfo`. */
export interface TensorInfo {
  readonly dtype: string;
  readonly tensor_shape: TensorShape | null;
}

/** `tensorflow.TensorProto`; the lists are empty where the elements stand in `tensor_content`. */
export interface TensorProto extends TensorInfo {
  readonly tensor_content: Uint8Array;
  readonly float_val: readonly number[];
  readonly double_val: readonly number[];
  readonly int_val: readonly number[];
  readonly string_val: readonly Uint8Array[];
  readonly int64_val: readonly string[];
  readonly bool_val: readonly boolean[];
  readonly half_val: readonly number[];
  readonly uint32_val: readonly number[];
  readonly uint64_val: readonly string[];
}

/** Elements that a list may stand for: one of it is enough to have them all, and memory is not. */
const mostListed = 2 ** 24;

/** What TensorFlow calls each element type. */
export const tensorflowTypes: Readonly<Record<DataType, string>> = {
  BOOL: "DT_BOOL",
  UINT8: "DT_UINT8",
  UINT16: "DT_UINT16",
  UINT32: "DT_UINT32",
  UINT64: "DT_UINT64",
  INT8: "DT_INT8",
  INT16: "DT_INT16",
  INT32: "DT_INT32",
  INT64: "DT_INT64",
  FP16: "DT_HALF",
  FP32: "DT_FLOAT",
  FP64: "DT_DOUBLE",
  BYTES: "DT_STRING",
};

/**
 * A tensor for the wire, its numbers not copied yet.
 * @throws {InferenceError} `invalid_input`
 */
export function toTensorProto(name: string, tensor: Tensor): Partial<TensorProto> {
  const { datatype, shape, data } = checkTensor(name, tensor);
  const head = {
    dtype: tensorflowTypes[datatype],
    tensor_shape: { dim: shape.map((size) => ({ size })) },
  };
  switch (datatype) {
    case "BYTES":
      return { ...head, string_val: data as readonly Uint8Array[] };
    // OVMS reads these two from nowhere else.
    case "UINT16":
      return { ...head, int_val: [...data as Uint16Array] };
    case "FP16": {
      const { buffer, byteOffset, length } = data as Float16Array;
      return { ...head, half_val: [...new Uint16Array(buffer, byteOffset, length)] };
    }
    default:
      return { ...head, tensor_content: encodeTensor(name, tensor) };
  }
}

/**
 * The tensor, in memory of its own: the message may lie in memory that is used again.
 * @throws {InferenceError}
 */
export function fromTensorProto(name: string, proto: TensorProto): Tensor {
  const datatype = toDataType(name, proto.dtype);
  const shape = checkShape(name, toExtents(proto));
  if (proto.tensor_content.byteLength > 0) {
    return decodeTensor(name, datatype, shape, new Uint8Array(proto.tensor_content));
  }
  const count = elementCount(shape);
  if (count > mostListed) {
    throw unreadable(`output ${name}`, `${count} elements are to be had from a list`);
  }
  return checkOutput(name, { datatype, shape, data: values[datatype](proto, count) });
}

/** The element type that TensorFlow calls `dtype`; undefined when it has no counterpart here. */
export function fromTensorflowType(dtype: string): DataType | undefined {
  const entry = Object.entries(tensorflowTypes).find(([, known]) => known === dtype);
  return entry?.[0] as DataType | undefined;
}

/** @throws {InferenceError} `unsupported` when the type has no counterpart here */
export function toDataType(name: string, dtype: string): DataType {
  const datatype = fromTensorflowType(dtype);
  if (datatype !== undefined) return datatype;
  const message = `Cannot use tensor ${name}: its type ${dtype} is unknown`;
  throw new InferenceError("unsupported", message, "");
}

/** The extents of a tensor's shape, as they came. */
export function toExtents({ tensor_shape }: TensorInfo): readonly (string | number)[] {
  return (tensor_shape?.dim ?? []).map(({ size }) => size);
}

const values: Readonly<Record<DataType, (proto: TensorProto, count: number) => TensorData>> = {
  BOOL: ({ bool_val }, count) => Uint8Array.from(fill(bool_val, count), Number),
  UINT8: ({ int_val }, count) => Uint8Array.from(fill(int_val, count)),
  UINT16: ({ int_val }, count) => Uint16Array.from(fill(int_val, count)),
  UINT32: ({ uint32_val }, count) => Uint32Array.from(fill(uint32_val, count)),
  UINT64: ({ uint64_val }, count) => BigUint64Array.from(fill(uint64_val, count), BigInt),
  INT8: ({ int_val }, count) => Int8Array.from(fill(int_val, count)),
  INT16: ({ int_val }, count) => Int16Array.from(fill(int_val, count)),
  INT32: ({ int_val }, count) => Int32Array.from(fill(int_val, count)),
  INT64: ({ int64_val }, count) => BigInt64Array.from(fill(int64_val, count), BigInt),
  FP16: ({ half_val }, count) => new Float16Array(Uint16Array.from(fill(half_val, count)).buffer),
  FP32: ({ float_val }, count) => Float32Array.from(fill(float_val, count)),
  FP64: ({ double_val }, count) => Float64Array.from(fill(double_val, count)),
  BYTES: ({ string_val }) => string_val.map((item) => new Uint8Array(item)),
};

// TensorFlow leaves out the elements at the end that are all the same as the last.
function fill<T>(list: readonly T[], count: number): readonly T[] {
  const missing = count - list.length;
  if (list.length === 0 || missing <= 0) return list;
  return [...list, ...new Array<T>(missing).fill(list.at(-1)!)];
}
