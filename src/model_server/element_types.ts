/** One table of what each element type is called, in every protocol and library at hand. */

import type { DataType, TensorData } from "../frame/tensor.ts";

/** Arrays of numbers, in any of the element types. */
export type NumberArray = Exclude<TensorData, readonly Uint8Array[]>;

interface ElementType {
  /** Name in onnxruntime. */
  readonly onnx: string;
  /** Name in OVMS's messages. */
  readonly precision: string;
  /** Name in TensorFlow's protocol. */
  readonly tensorflow: string;
  /** Bytes of one element; 0 for BYTES, whose elements have each their own length. */
  readonly bytes: number;
  /** Field of KServe's `InferTensorContents`; null where the protocol has none. */
  readonly contents: string | null;
  /** Elements as an array: `source` is a buffer to view, or a number of zeros to begin with. */
  readonly array: (source: ArrayBuffer | number) => NumberArray;
}

/** Every element type that is served. */
export const elementTypes: Readonly<Record<DataType, ElementType>> = {
  BOOL: row("bool", "BOOL", "DT_BOOL", 1, "bool_contents", Uint8Array),
  UINT8: row("uint8", "U8", "DT_UINT8", 1, "uint_contents", Uint8Array),
  UINT16: row("uint16", "U16", "DT_UINT16", 2, "uint_contents", Uint16Array),
  UINT32: row("uint32", "U32", "DT_UINT32", 4, "uint_contents", Uint32Array),
  UINT64: row("uint64", "U64", "DT_UINT64", 8, "uint64_contents", BigUint64Array),
  INT8: row("int8", "I8", "DT_INT8", 1, "int_contents", Int8Array),
  INT16: row("int16", "I16", "DT_INT16", 2, "int_contents", Int16Array),
  INT32: row("int32", "I32", "DT_INT32", 4, "int_contents", Int32Array),
  INT64: row("int64", "I64", "DT_INT64", 8, "int64_contents", BigInt64Array),
  FP16: row("float16", "FP16", "DT_HALF", 2, null, Float16Array),
  FP32: row("float32", "FP32", "DT_FLOAT", 4, "fp32_contents", Float32Array),
  FP64: row("float64", "FP64", "DT_DOUBLE", 8, "fp64_contents", Float64Array),
  BYTES: row("string", "STRING", "DT_STRING", 0, "bytes_contents", Uint8Array),
};

/** Whether `name` is an element type by KServe's name. */
export function isDataType(name: string): name is DataType {
  return Object.hasOwn(elementTypes, name);
}

/** The element type that onnxruntime calls `name`; undefined when it is not served. */
export function fromOnnx(name: string): DataType | undefined {
  return find((type) => type.onnx === name);
}

/** The element type that TensorFlow calls `name`; undefined when it is not served. */
export function fromTensorflow(name: string): DataType | undefined {
  return find((type) => type.tensorflow === name);
}

/** Elements from their little-endian bytes; the bytes are copied only where alignment needs it. */
export function fromBytes(datatype: DataType, bytes: Uint8Array): NumberArray {
  const { bytes: size, array } = elementTypes[datatype];
  const whole = bytes.byteLength - bytes.byteLength % size;
  const copy = new Uint8Array(whole);
  copy.set(bytes.subarray(0, whole));
  return array(copy.buffer);
}

/** Little-endian bytes of elements, without copying. */
export function toBytes(data: NumberArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, extent) => count * extent, 1);
}

function find(test: (type: ElementType) => boolean): DataType | undefined {
  const entry = Object.entries(elementTypes).find(([, type]) => test(type));
  return entry?.[0] as DataType | undefined;
}

function row(
  onnx: string,
  precision: string,
  tensorflow: string,
  bytes: number,
  contents: string | null,
  // Each constructor takes both a buffer and a length; their types do not say so together.
  Constructor: { new (buffer: ArrayBuffer): NumberArray; new (length: number): NumberArray },
): ElementType {
  return {
    onnx,
    precision,
    tensorflow,
    bytes,
    contents,
    array: (source) =>
      typeof source === "number" ? new Constructor(source) : new Constructor(source),
  };
}
