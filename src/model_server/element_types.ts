/** One table of what each element type is called, in every protocol at hand. */

import { elementArrays, type NumberArray } from "../frame/element_arrays.ts";
import type { DataType } from "../frame/tensor.ts";

interface ElementType {
  /** Name in OVMS's messages. */
  readonly precision: string;
  /** Name in TensorFlow's protocol. */
  readonly tensorflow: string;
  /** Field of KServe's `InferTensorContents`; null where the protocol has none. */
  readonly contents: string | null;
}

/** Every element type that is served. */
export const elementTypes: Readonly<Record<DataType, ElementType>> = {
  BOOL: row("BOOL", "DT_BOOL", "bool_contents"),
  UINT8: row("U8", "DT_UINT8", "uint_contents"),
  UINT16: row("U16", "DT_UINT16", "uint_contents"),
  UINT32: row("U32", "DT_UINT32", "uint_contents"),
  UINT64: row("U64", "DT_UINT64", "uint64_contents"),
  INT8: row("I8", "DT_INT8", "int_contents"),
  INT16: row("I16", "DT_INT16", "int_contents"),
  INT32: row("I32", "DT_INT32", "int_contents"),
  INT64: row("I64", "DT_INT64", "int64_contents"),
  FP16: row("FP16", "DT_HALF", null),
  FP32: row("FP32", "DT_FLOAT", "fp32_contents"),
  FP64: row("FP64", "DT_DOUBLE", "fp64_contents"),
  BYTES: row("STRING", "DT_STRING", "bytes_contents"),
};

/** The element type that TensorFlow calls `name`; undefined when it is not served. */
export function fromTensorflow(name: string): DataType | undefined {
  const entry = Object.entries(elementTypes).find(([, type]) => type.tensorflow === name);
  return entry?.[0] as DataType | undefined;
}

/** Bytes of one element; 0 for BYTES, whose elements have each their own length. */
export function elementBytes(datatype: DataType): number {
  return datatype === "BYTES" ? 0 : elementArrays[datatype].BYTES_PER_ELEMENT;
}

/** That many elements, all of them 0. */
export function zeros(datatype: DataType, length: number): NumberArray {
  return new (datatype === "BYTES" ? Uint8Array : elementArrays[datatype])(length);
}

function row(precision: string, tensorflow: string, contents: string | null): ElementType {
  return { precision, tensorflow, contents };
}
