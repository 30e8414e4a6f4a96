/** Tensors as lists of JSON, for servers without the binary tensor extension. */

import type { DataType, Tensor, TensorData } from "../../frame/tensor.ts";
import { unreadable } from "../failure.ts";
import { InferenceError } from "../inference.ts";
import { checkDataType, checkTensor, elementCount } from "../tensor_codec.ts";

/** Lists in lists, at most; a list for each dimension is usual, none needed. */
const deepest = 64;

/**
 * The elements of a tensor as JSON text, one flat list.
 * @throws {InferenceError} `invalid_input` when JSON has no words for them
 */
export function toJson(name: string, tensor: Tensor): string {
  const { data } = checkTensor(name, tensor);
  const isBool = tensor.datatype === "BOOL";
  if (isBool) return `[${Array.from(data as Uint8Array, (item) => item !== 0).join()}]`;
  if (tensor.datatype === "BYTES") {
    return JSON.stringify((data as readonly Uint8Array[]).map((item) => toText(name, item)));
  }
  const list = (data as Exclude<TensorData, readonly Uint8Array[]>).join();
  // NaN and Infinity, as they are the only ones with such a letter.
  if (/[NI]/.test(list)) throw unsendable(name, "not every element is a finite number");
  return `[${list}]`;
}

/**
 * The tensor whose elements `data` holds, nested or not.
 * @throws {InferenceError} `server_error` when they are not that tensor
 */
export function fromJson(
  name: string,
  datatype: string,
  shape: readonly number[],
  data: unknown,
): Tensor {
  const type = checkDataType(name, datatype);
  const count = elementCount(shape);
  const refuse = (problem: string) => unreadable(`output ${name}`, problem);
  const list = flatten(data, count, refuse);
  if (list.length !== count) {
    throw refuse(`${list.length} elements came for ${type} [${shape.join()}]`);
  }
  if (!list.every(isElement[type])) {
    const odd = list.find((item) => !isElement[type](item));
    throw refuse(`an element of type ${type} is ${odd === null ? "null" : typeof odd}`);
  }
  const elements = read[type](list);
  if (isSmallInteger[type] && !list.every((item, i) => Number(item) === elements[i])) {
    throw refuse(`an element does not fit into ${type}`);
  }
  return { datatype: type, shape, data: elements };
}

/** All elements; at most one more than `count` are looked at. */
function flatten(
  data: unknown,
  count: number,
  refuse: (problem: string) => InferenceError,
): readonly unknown[] {
  if (!Array.isArray(data)) throw refuse("its data are no list");
  if (!data.some(Array.isArray)) return data;
  const list: unknown[] = [];
  enter(data, 1);
  return list;

  function enter(items: readonly unknown[], depth: number): void {
    if (depth > deepest) throw refuse(`lists are nested deeper than ${deepest}`);
    for (const item of items) {
      if (list.length > count) return;
      if (Array.isArray(item)) enter(item, depth + 1);
      else list.push(item);
    }
  }
}

function toText(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unsendable(name, "the server takes JSON, which has no room for bytes such as a JPEG's");
  }
}

function unsendable(name: string, problem: string): InferenceError {
  return new InferenceError(
    "invalid_input",
    `Cannot send input ${name}: ${problem}`,
    "Leave out --binary_input, or ask the server over gRPC.",
  );
}

// Servers say null for NaN.
const isFloat = (item: unknown) => typeof item === "number" || item === null;
const isInteger = (item: unknown) => Number.isInteger(item);
const isLong = (item: unknown) => isInteger(item) || /^-?\d{1,20}$/.test(asText(item));

const isElement: Readonly<Record<DataType, (item: unknown) => boolean>> = {
  BOOL: (item) => typeof item === "boolean" || item === 0 || item === 1,
  UINT8: isInteger,
  UINT16: isInteger,
  UINT32: isInteger,
  UINT64: isLong,
  INT8: isInteger,
  INT16: isInteger,
  INT32: isInteger,
  INT64: isLong,
  FP16: isFloat,
  FP32: isFloat,
  FP64: isFloat,
  BYTES: (item) => typeof item === "string",
};

const isSmallInteger: Readonly<Partial<Record<DataType, boolean>>> = {
  UINT8: true,
  UINT16: true,
  UINT32: true,
  INT8: true,
  INT16: true,
  INT32: true,
};

const read: Readonly<Record<DataType, (list: readonly unknown[]) => TensorData>> = {
  BOOL: (list) => Uint8Array.from(list, Number),
  UINT8: (list) => Uint8Array.from(list, Number),
  UINT16: (list) => Uint16Array.from(list, Number),
  UINT32: (list) => Uint32Array.from(list, Number),
  UINT64: (list) => BigUint64Array.from(list, (item) => BigInt(item as number)),
  INT8: (list) => Int8Array.from(list, Number),
  INT16: (list) => Int16Array.from(list, Number),
  INT32: (list) => Int32Array.from(list, Number),
  INT64: (list) => BigInt64Array.from(list, (item) => BigInt(item as number)),
  FP16: (list) => Float16Array.from(list, toFloat),
  FP32: (list) => Float32Array.from(list, toFloat),
  FP64: (list) => Float64Array.from(list, toFloat),
  BYTES: (list) => list.map((item) => new TextEncoder().encode(item as string)),
};

function toFloat(item: unknown): number {
  return item === null ? NaN : item as number;
}

function asText(item: unknown): string {
  return typeof item === "string" ? item : "";
}
