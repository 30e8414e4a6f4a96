/** Encodes tensors as the little-endian bytes that all protocols carry, and decodes them. */

import { elementArrays, isDataType, type NumberArrayConstructor } from "../frame/element_arrays.ts";
import type { DataType, Tensor, TensorData } from "../frame/tensor.ts";
import { InferenceError } from "./inference.ts";

/** Dimensions of a tensor at most; the models of this world have eight. */
const mostDimensions = 64;

/** Number of elements of a tensor with that shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, extent) => count * extent, 1);
}

/**
 * Bytes of a tensor's elements, row-major. Numbers are not copied: the result shares the tensor's
 * memory (every platform Deno runs on is little-endian). Elements of `BYTES` follow their length
 * as 4 bytes each.
 * @throws {InferenceError} `invalid_input` when data, datatype and shape do not agree
 */
export function encodeTensor(name: string, tensor: Tensor): Uint8Array {
  const { data } = checkTensor(name, tensor);
  return isByteStrings(data)
    ? encodeByteStrings(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * The tensor whose elements `bytes` holds. It shares their memory where alignment allows.
 * @throws {InferenceError} `server_error` when the bytes are not that tensor
 */
export function decodeTensor(
  name: string,
  datatype: string,
  shape: readonly number[],
  bytes: Uint8Array,
): Tensor {
  const type = checkDataType(name, datatype);
  const count = elementCount(shape);
  if (type === "BYTES") {
    const data = decodeByteStrings(name, bytes);
    if (data.length !== count) throw wrongLength(name, type, shape, `${data.length} elements`);
    return { datatype: type, shape, data };
  }
  const NumberArray = elementArrays[type];
  const size = NumberArray.BYTES_PER_ELEMENT;
  if (bytes.byteLength !== count * size) {
    throw wrongLength(name, type, shape, `${bytes.byteLength} bytes`);
  }
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return {
    datatype: type,
    shape,
    data: new NumberArray(aligned.buffer, aligned.byteOffset, count),
  };
}

/**
 * Refuses a tensor whose data do not fit its datatype and shape.
 * @throws {InferenceError} `invalid_input`
 */
export function checkTensor(name: string, tensor: Tensor): Tensor {
  const { datatype, shape, data } = tensor;
  const fits = isByteStrings(data) ? datatype === "BYTES" : data instanceof arrayOf(datatype);
  if (!fits) {
    throw invalidInput(name, `its datatype is ${datatype}, its data are ${data.constructor.name}`);
  }
  if (data.length !== elementCount(shape)) {
    throw invalidInput(name, `it has ${data.length} elements for shape [${shape.join()}]`);
  }
  return tensor;
}

/**
 * Refuses an output that has not as many elements as its shape says.
 * @throws {InferenceError} `server_error`
 */
export function checkOutput(name: string, tensor: Tensor): Tensor {
  const { datatype, shape, data } = tensor;
  if (data.length === elementCount(shape)) return tensor;
  throw wrongLength(name, datatype, shape, `${data.length} elements`);
}

/**
 * The datatype of that name.
 * @throws {InferenceError} `unsupported`
 */
export function checkDataType(name: string, datatype: string): DataType {
  if (isDataType(datatype)) return datatype;
  throw new InferenceError(
    "unsupported",
    `Cannot use tensor ${name}: its datatype ${datatype} is unknown`,
    "Sightline knows BOOL, UINT8…UINT64, INT8…INT64, FP16, FP32, FP64 and BYTES; export the model with one of these.",
  );
}

/**
 * The extents of an output.
 * @throws {InferenceError} `server_error` when they are none
 */
export function checkShape(name: string, shape: readonly unknown[]): readonly number[] {
  const extents = shape.map(Number);
  if (shape.length <= mostDimensions && extents.every(isExtent)) return extents;
  throw new InferenceError(
    "server_error",
    `Cannot read output ${name}: its shape is [${shape.slice(0, mostDimensions).join()}]`,
    "",
  );
}

function isExtent(extent: number): boolean {
  return Number.isSafeInteger(extent) && extent >= 0;
}

function arrayOf(datatype: DataType): NumberArrayConstructor {
  // Never an instance of it: a BYTES tensor whose data are numbers is refused.
  return datatype === "BYTES"
    ? DataView as unknown as NumberArrayConstructor
    : elementArrays[datatype];
}

function isByteStrings(data: TensorData): data is readonly Uint8Array[] {
  return Array.isArray(data);
}

function encodeByteStrings(items: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(items.reduce((length, item) => length + 4 + item.byteLength, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const item of items) {
    view.setUint32(offset, item.byteLength, true);
    bytes.set(item, offset + 4);
    offset += 4 + item.byteLength;
  }
  return bytes;
}

function decodeByteStrings(name: string, bytes: Uint8Array): Uint8Array[] {
  const items = splitByteStrings(bytes);
  if (items !== null) return items;
  throw new InferenceError(
    "server_error",
    `Cannot read output ${name}: its byte strings run past the ${bytes.byteLength} bytes`,
    "",
  );
}

/** Splits BYTES elements that each follow their length as 4 bytes; null if they do not. */
export function splitByteStrings(bytes: Uint8Array): Uint8Array[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: Uint8Array[] = [];
  let offset = 0;
  while (offset + 4 <= bytes.byteLength) {
    const end = offset + 4 + view.getUint32(offset, true);
    if (end > bytes.byteLength) return null;
    items.push(bytes.subarray(offset + 4, end));
    offset = end;
  }
  return offset === bytes.byteLength ? items : null;
}

function invalidInput(name: string, problem: string): InferenceError {
  return new InferenceError(
    "invalid_input",
    `Cannot send input ${name}: ${problem}`,
    "The use case's preprocess must return tensors whose data fit their datatype and shape.",
  );
}

function wrongLength(
  name: string,
  datatype: string,
  shape: readonly number[],
  found: string,
): InferenceError {
  return new InferenceError(
    "server_error",
    `Cannot read output ${name}: ${found} came for ${datatype} [${shape.join()}]`,
    "",
  );
}
