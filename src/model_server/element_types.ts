/** What OVMS and KServe call each element type, and memory for its elements. */

import { elementArrays, type NumberArray } from "../frame/element_arrays.ts";
import type { DataType } from "../frame/tensor.ts";

interface ElementType {
  /** Name in OVMS's messages. */
  readonly precision: string;
  /** Field of KServe's `InferTensorContents`; null where the protocol has none. */
  readonly contents: string | null;
}

/** Every element type that is served. */
export const elementTypes: Readonly<Record<DataType, ElementType>> = {
  BOOL: row("BOOL", "bool_contents"),
  UINT8: row("U8", "uint_contents"),
  UINT16: row("U16", "uint_contents"),
  UINT32: row("U32", "uint_contents"),
  UINT64: row("U64", "uint64_contents"),
  INT8: row("I8", "int_contents"),
  INT16: row("I16", "int_contents"),
  INT32: row("I32", "int_contents"),
  INT64: row("I64", "int64_contents"),
  FP16: row("FP16", null),
  FP32: row("FP32", "fp32_contents"),
  FP64: row("FP64", "fp64_contents"),
  BYTES: row("STRING", "bytes_contents"),
};

/** Bytes of one element; 0 for BYTES, whose elements have each their own length. */
export function elementBytes(datatype: DataType): number {
  return datatype === "BYTES" ? 0 : elementArrays[datatype].BYTES_PER_ELEMENT;
}

/** That many elements, all of them 0. */
export function zeros(datatype: DataType, length: number): NumberArray {
  return new (datatype === "BYTES" ? Uint8Array : elementArrays[datatype])(length);
}

function row(precision: string, contents: string | null): ElementType {
  return { precision, contents };
}
