/** Tensors: what goes into a model and comes out of it. */

/** Element types, by the names KServe v2 gives them. */
export type DataType =
  | "BOOL"
  | "UINT8"
  | "UINT16"
  | "UINT32"
  | "UINT64"
  | "INT8"
  | "INT16"
  | "INT32"
  | "INT64"
  | "FP16"
  | "FP32"
  | "FP64"
  | "BYTES";

/**
 * Elements of a tensor in row-major order. `BOOL` is a `Uint8Array` of 0 and 1; `BYTES` is a list
 * of byte strings (encoded pictures, labels), one for each element.
 */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | HalfFloats
  | Float32Array
  | Float64Array
  | readonly Uint8Array[];

/** `Float16Array`; nothing where the author's library is older than it (before ES2025). */
export type HalfFloats = typeof globalThis extends
  { readonly Float16Array: { readonly prototype: infer Halves } } ? Halves : never;

/** One named input or output value. */
export interface Tensor {
  /** Type of one element. */
  readonly datatype: DataType;
  /** Extent of each dimension, outermost first, none negative. */
  readonly shape: readonly number[];
  /** As many elements as the product of `shape`. */
  readonly data: TensorData;
}

/** Tensors by the name the model knows them by. */
export type Tensors = Readonly<Record<string, Tensor>>;
