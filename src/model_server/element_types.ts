/** One table of what each element type is called, in every protocol at hand. */

import type { DataType, TensorData } from "../frame/tensor.ts";

/** Arrays of numbers, in any of the element types. */
export type NumberArray = Exclude<TensorData, readonly Uint8Array[]>;

interface ElementType {
  /** Name in OVMS's messages. */
  readonly precision: string;
  /** Name in TensorFlow's protocol. */
  readonly tensorflow: string;
  /** Bytes of one element; 0 for BYTES, whose elements have each their own length. */
  readonly bytes: number;
  /** Field of KServe's `InferTensorContents`; null where the protocol has none. */
  readonly contents: string | null;
  /** Elements as an array, all of them 0. */
  readonly array: (length: number) => NumberArray;
}

/** Every element type that is served. */
export const elementTypes: Readonly<Record<DataType, ElementType>> = {
  BOOL: row("BOOL", "DT_BOOL", 1, "bool_contents", Uint8Array),
  UINT8: row("U8", "DT_UINT8", 1, "uint_contents", Uint8Array),
  UINT16: row("U16", "DT_UINT16", 2, "uint_contents", Uint16Array),
  UINT32: row("U32", "DT_UINT32", 4, "uint_contents", Uint32Array),
  UINT64: row("U64", "DT_UINT64", 8, "uint64_contents", BigUint64Array),
  INT8: row("I8", "DT_INT8", 1, "int_contents", Int8Array),
  INT16: row("I16", "DT_INT16", 2, "int_contents", Int16Array),
  INT32: row("I32", "DT_INT32", 4, "int_contents", Int32Array),
  INT64: row("I64", "DT_INT64", 8, "int64_contents", BigInt64Array),
  FP16: row("FP16", "DT_HALF", 2, null, Float16Array),
  FP32: row("FP32", "DT_FLOAT", 4, "fp32_contents", Float32Array),
  FP64: row("FP64", "DT_DOUBLE", 8, "fp64_contents", Float64Array),
  BYTES: row("STRING", "DT_STRING", 0, "bytes_contents", Uint8Array),
};

/** The element type that TensorFlow calls `name`; undefined when it is not served. */
export function fromTensorflow(name: string): DataType | undefined {
  const entry = Object.entries(elementTypes).find(([, type]) => type.tensorflow === name);
  return entry?.[0] as DataType | undefined;
}

function row(
  precision: string,
  tensorflow: string,
  bytes: number,
  contents: string | null,
  NumberArray: new (length: number) => NumberArray,
): ElementType {
  return {
    precision,
    tensorflow,
    bytes,
    contents,
    array: (length) => new NumberArray(length),
  };
}
