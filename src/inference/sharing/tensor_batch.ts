/** Concatenates the tensors of several requests along the first dimension, and splits the answer. */

import { elementArrays, type NumberArray } from "../../frame/element_arrays.ts";
import type { ModelMetadata } from "../../frame/model.ts";
import type { Tensor, Tensors } from "../../frame/tensor.ts";

/** Why a model cannot be given several requests at once; null when it can. */
export function whyUnbatchable({ inputs, outputs }: ModelMetadata): string | null {
  if (inputs.length === 0) return "it has no inputs";
  for (const [kind, specs] of [["input", inputs], ["output", outputs]] as const) {
    const fixed = specs.find(({ shape }) => shape[0] !== -1);
    if (fixed) return `its ${kind} ${fixed.name} has the fixed shape [${fixed.shape.join()}]`;
  }
  return null;
}

/** Rows of a request: what its inputs have in common as first extent; null when they differ. */
export function rowsOf(inputs: Tensors): number | null {
  const [first, ...others] = Object.values(inputs).map(({ shape }) => shape[0]);
  return first !== undefined && others.every((rows) => rows === first) ? first : null;
}

/** Requests with the same key may be joined. */
export function batchKey(inputs: Tensors): string {
  let key = "";
  for (const [name, { datatype, shape }] of Object.entries(inputs)) {
    key += `${name} ${datatype} ${shape.slice(1).join()};`;
  }
  return key;
}

/** Joins requests of one key; `take` gives the memory for it. */
export function joinRequests(
  requests: readonly Tensors[],
  take: (length: number) => Uint8Array<ArrayBuffer>,
): Tensors {
  const [first] = requests;
  return Object.fromEntries(
    Object.keys(first!).map((name) => [name, joinTensors(requests.map((r) => r[name]!), take)]),
  );
}

/**
 * The answer for each request, by the number of its rows. Numbers share the answer's memory. Null
 * when the answer does not have a row for each row asked.
 */
export function splitAnswer(outputs: Tensors, rows: readonly number[]): Tensors[] | null {
  const total = rows.reduce((sum, count) => sum + count, 0);
  if (Object.values(outputs).some(({ shape }) => shape[0] !== total)) return null;
  let begin = 0;
  return rows.map((count) => {
    const from = begin;
    begin += count;
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name, rowsFrom(tensor, from, count)]),
    );
  });
}

function joinTensors(
  tensors: readonly Tensor[],
  take: (length: number) => Uint8Array<ArrayBuffer>,
): Tensor {
  const { datatype, shape: [_rows, ...rest] } = tensors[0]!;
  const shape = [tensors.reduce((sum, { shape }) => sum + shape[0]!, 0), ...rest];
  if (datatype === "BYTES") {
    return { datatype, shape, data: tensors.flatMap(({ data }) => data as readonly Uint8Array[]) };
  }
  const parts = tensors.map(({ data }) => data as NumberArray);
  const bytes = take(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const { buffer, byteOffset, byteLength } of parts) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
    offset += byteLength;
  }
  const Elements = elementArrays[datatype];
  const length = bytes.byteLength / Elements.BYTES_PER_ELEMENT;
  return { datatype, shape, data: new Elements(bytes.buffer, bytes.byteOffset, length) };
}

function rowsFrom({ datatype, shape: [_rows, ...rest], data }: Tensor, from: number, rows: number) {
  const size = rest.reduce((product, extent) => product * extent, 1);
  const [begin, end] = [from * size, (from + rows) * size];
  const part = Array.isArray(data)
    ? data.slice(begin, end)
    : (data as NumberArray).subarray(begin, end);
  return { datatype, shape: [rows, ...rest], data: part };
}
