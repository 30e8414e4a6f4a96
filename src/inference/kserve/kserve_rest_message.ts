/** Requests and answers of KServe REST: a JSON header, then the tensors' bytes, or JSON alone. */

import { z } from "zod";
import type { Tensors } from "../../frame/tensor.ts";
import type { MemoryPool } from "../../frame/memory_pool.ts";
import { describeIssue } from "../describe_issue.ts";
import { unreadable } from "../failure.ts";
import { fromJson, toJson } from "./json_tensor.ts";
import { decodeTensor, encodeTensor } from "../tensor_codec.ts";

const answerSchema = z.object({
  outputs: z.array(z.object({
    name: z.string(),
    datatype: z.string(),
    shape: z.array(z.int().nonnegative()),
    parameters: z.object({ binary_data_size: z.int().nonnegative().optional() }).nullish(),
    // Numbers, booleans or strings, nested or not; absent when the bytes follow the header.
    data: z.unknown().optional(),
  })),
});

/** A request's body, and the length of the header at its beginning, in bytes. */
export interface EncodedInfer {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headerLength: number;
}

/**
 * Puts a request with binary tensors together in memory of the pool; the tensors are copied once.
 * @throws {InferenceError} `invalid_input`
 */
export function encodeInfer(tensors: Tensors, memory: MemoryPool): EncodedInfer {
  const parts = Object.entries(tensors).map(([name, tensor]) => encodeTensor(name, tensor));
  const header = new TextEncoder().encode(JSON.stringify({
    inputs: Object.entries(tensors).map(([name, { datatype, shape }], index) => ({
      name,
      datatype,
      shape,
      parameters: { binary_data_size: parts[index]!.byteLength },
    })),
    parameters: { binary_data_output: true },
  }));
  const length = parts.reduce((sum, part) => sum + part.byteLength, header.byteLength);
  const body = memory.take(length);
  body.set(header);
  let offset = header.byteLength;
  for (const part of parts) {
    body.set(part, offset);
    offset += part.byteLength;
  }
  return { body, headerLength: header.byteLength };
}

/**
 * A request for servers without binary tensors: every element as text.
 * @throws {InferenceError} `invalid_input`
 */
export function encodeInferJson(tensors: Tensors): Uint8Array<ArrayBuffer> {
  const inputs = Object.entries(tensors).map(([name, tensor]) => {
    const { datatype, shape } = tensor;
    const head = JSON.stringify({ name, datatype, shape }).slice(0, -1);
    return `${head},"data":${toJson(name, tensor)}}`;
  });
  return new TextEncoder().encode(`{"inputs":[${inputs.join()}]}`);
}

/**
 * Outputs from an answer whose first `headerLength` bytes are JSON.
 * @throws {InferenceError} `server_error` when it is not such an answer
 */
export function decodeInfer(body: Uint8Array, headerLength: number): Tensors {
  const { outputs } = parseHeader(body, headerLength);
  let offset = headerLength;
  return Object.fromEntries(outputs.map(({ name, datatype, shape, data, parameters }) => {
    const size = parameters?.binary_data_size;
    if (size === undefined) return [name, fromJson(name, datatype, shape, data ?? [])];
    const bytes = body.subarray(offset, offset + size);
    offset += size;
    return [name, decodeTensor(name, datatype, shape, bytes)];
  }));
}

function parseHeader(body: Uint8Array, headerLength: number): z.infer<typeof answerSchema> {
  const { byteLength } = body;
  if (!Number.isInteger(headerLength) || headerLength < 0 || headerLength > byteLength) {
    throw unreadable(answer, `its header is ${headerLength} bytes long, of ${byteLength} in all`);
  }
  const header = parseJson(answer, body.subarray(0, headerLength));
  const { success, data, error } = answerSchema.safeParse(header);
  if (success) return data;
  throw unreadable(answer, describeIssue(error, header), error);
}

const answer = "the model server's answer";

/**
 * JSON is read on the thread of all streams, which stands still meanwhile: about a second for so
 * much. As text, masks of a segmentation model take that; more belongs into binary tensors.
 */
const longestJson = 32 * 2 ** 20;

/**
 * What `bytes` say, in JSON.
 * @throws {InferenceError} `server_error` when that is nothing, or too long to be read
 */
export function parseJson(what: string, bytes: Uint8Array): unknown {
  if (bytes.byteLength > longestJson) {
    const limit = `${longestJson / 2 ** 20} MiB are read`;
    throw unreadable(what, `it is ${bytes.byteLength} bytes of JSON, at most ${limit}`);
  }
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw unreadable(what, "it is no JSON", cause);
  }
}
