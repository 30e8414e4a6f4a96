/** Tensors as headers and buffers, to be transferred, or written to a pipe. */

import { elementArrays, isDataType } from "../../frame/element_arrays.ts";
import type { DataType, Tensor, TensorData, Tensors } from "../../frame/tensor.ts";
import { UseCaseError } from "../use_case_error.ts";

/** Everything about a tensor but its elements. */
export interface TensorHeader {
  readonly name: string;
  readonly datatype: DataType;
  readonly shape: readonly number[];
  /** How many buffers it takes: one, or one for each element of `BYTES`. */
  readonly buffers: number;
}

const maxTensors = 64;
const maxDimensions = 16;
const maxNameLength = 256;
/** Byte strings in one tensor: encoded pictures and labels come in small numbers. */
const maxByteStrings = 10_000;

/**
 * Takes tensors apart. A buffer that only this tensor looks at is handed over, any other copied.
 * @throws {UseCaseError} for what is no tensor, or more bytes than that, before one is copied
 */
export function toWire(
  tensors: Tensors,
  mostBytes = Infinity,
): { headers: TensorHeader[]; buffers: Uint8Array<ArrayBuffer>[] } {
  const headers: TensorHeader[] = [];
  const buffers: Uint8Array<ArrayBuffer>[] = [];
  const seen = new Set<ArrayBufferLike>();
  let total = 0;
  for (const name of Object.keys(tensors)) {
    const { datatype, shape, data } = Object(tensors[name]) as Tensor;
    const parts = ArrayBuffer.isView(data) ? [data] : data as readonly Uint8Array[];
    if (!Array.isArray(parts) || !parts.every(ArrayBuffer.isView)) {
      throw new UseCaseError(
        `Cannot use tensor ${JSON.stringify(name)}: it must be {datatype, shape, data}, its data ` +
          `a typed array or, of BYTES, a list of Uint8Array`,
      );
    }
    headers.push({ name, datatype, shape, buffers: parts.length });
    for (const part of parts) {
      const { buffer } = part as Uint8Array;
      if (buffer instanceof ArrayBuffer && buffer.detached) {
        throw new UseCaseError(
          `Cannot use tensor ${JSON.stringify(name)}: its memory was handed over with an earlier ` +
            `frame, make a new array for each`,
        );
      }
      total += part.byteLength;
      if (total > mostBytes) {
        throw new UseCaseError(
          `Cannot use the tensors of a frame: they have ${total} bytes or more, allowed are up to ` +
            `${mostBytes} (64 MB, or a quarter of plugin_memory_mb)`,
        );
      }
      const bytes = own(part as Uint8Array);
      buffers.push(seen.has(bytes.buffer) ? bytes.slice() : bytes);
      seen.add(bytes.buffer);
    }
  }
  return { headers, buffers };
}

/** The bytes of a view, in a buffer that holds nothing else. */
export function own(view: ArrayBufferView): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  // Elements must start on a boundary of their size: a view into a larger message may not.
  return view.buffer instanceof ArrayBuffer && view.byteLength === view.buffer.byteLength
    ? bytes as Uint8Array<ArrayBuffer>
    : new Uint8Array(bytes);
}

/**
 * Puts tensors together again, and believes nothing of what it is given.
 * @throws {UseCaseError} naming what does not fit.
 */
export function fromWire(
  headers: unknown,
  buffers: readonly Uint8Array<ArrayBuffer>[],
): Tensors {
  if (!Array.isArray(headers) || headers.length > maxTensors) {
    throw new UseCaseError(`Cannot use the tensors: allowed is a list of up to ${maxTensors}`);
  }
  const tensors: [string, Tensor][] = [];
  let at = 0;
  for (const header of headers) {
    const { name, datatype, shape, buffers: count } = checkHeader(header);
    const parts = buffers.slice(at, at += count);
    tensors.push([name, { datatype, shape, data: toData(name, datatype, shape, parts) }]);
  }
  // fromEntries defines own properties, so that a tensor called __proto__ is only a tensor.
  return Object.fromEntries(tensors);
}

function checkHeader(header: unknown): TensorHeader {
  const { name, datatype, shape, buffers } = Object(header) as Partial<TensorHeader>;
  if (typeof name !== "string" || name.length > maxNameLength) {
    throw new UseCaseError(
      `Cannot use a tensor: its name must be text of up to ${maxNameLength} characters`,
    );
  }
  const shown = JSON.stringify(name);
  if (!isDataType(datatype)) {
    throw new UseCaseError(`Cannot use tensor ${shown}: ${String(datatype)} is no element type`);
  }
  const isShape = Array.isArray(shape) && shape.length <= maxDimensions &&
    shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (!isShape) {
    throw new UseCaseError(
      `Cannot use tensor ${shown}: its shape must be up to ${maxDimensions} whole numbers from 0`,
    );
  }
  const expected = datatype === "BYTES" ? product(shape) : 1;
  if (buffers !== expected || expected > maxByteStrings) {
    throw new UseCaseError(
      `Cannot use tensor ${shown}: its data does not fit its shape [${shape.join()}]`,
    );
  }
  return { name, datatype, shape: [...shape], buffers };
}

function toData(
  name: string,
  datatype: DataType,
  shape: readonly number[],
  parts: readonly Uint8Array<ArrayBuffer>[],
): TensorData {
  if (datatype === "BYTES") return parts;
  const elements = elementArrays[datatype];
  const [bytes] = parts;
  const length = (bytes?.byteLength ?? 0) / elements.BYTES_PER_ELEMENT;
  if (bytes === undefined || length !== product(shape)) {
    throw new UseCaseError(
      `Cannot use tensor ${JSON.stringify(name)}: it has ${bytes?.byteLength ?? 0} bytes, ` +
        `${datatype} [${shape.join()}] takes ${product(shape) * elements.BYTES_PER_ELEMENT}`,
    );
  }
  const { buffer, byteOffset } = byteOffsetFits(bytes, elements) ? bytes : bytes.slice();
  return new elements(buffer, byteOffset, length);
}

function byteOffsetFits(bytes: Uint8Array, { BYTES_PER_ELEMENT }: { BYTES_PER_ELEMENT: number }) {
  return bytes.byteOffset % BYTES_PER_ELEMENT === 0;
}

function product(shape: readonly number[]): number {
  return shape.reduce((sum, extent) => sum * extent, 1);
}
