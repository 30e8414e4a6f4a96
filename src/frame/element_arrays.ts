/** The typed array of each element type. */

import type { DataType, TensorData } from "./tensor.ts";

/** Elements that are numbers. */
export type NumberArray = Exclude<TensorData, readonly Uint8Array[]>;

/** Makes such an array, of new memory or over memory that is there. */
export interface NumberArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): NumberArray;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumberArray;
}

/** The array of each element type; `BYTES` has none. */
export const elementArrays: Readonly<Record<Exclude<DataType, "BYTES">, NumberArrayConstructor>> = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Float16Array,
  FP32: Float32Array,
  FP64: Float64Array,
};

/** Whether `name` is an element type that Sightline knows. */
export function isDataType(name: unknown): name is DataType {
  return name === "BYTES" || typeof name === "string" && Object.hasOwn(elementArrays, name);
}
