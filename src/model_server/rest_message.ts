/** Bodies of KServe v2's REST protocol: JSON, with binary tensors behind it or not. */

import { z } from "zod";
import type { TensorSpec } from "../frame/model.ts";
import type { DataType, Tensor, Tensors } from "../frame/tensor.ts";
import { isDataType } from "../frame/element_arrays.ts";
import { elementCount, encodeTensor } from "../inference/codecs.ts";
import { elementBytes } from "./element_types.ts";
import type { Content, RequestInput } from "./request.ts";
import { type RefusalCode, ServerError } from "./server_error.ts";
import { checkExtensions } from "./validate.ts";

const parameters = z.record(z.string(), z.union([z.string(), z.boolean(), z.number()]));
const inputSchema = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.int().nonnegative()),
  parameters: parameters.default({}),
  data: z.array(z.unknown()).optional(),
});
const outputSchema = z.object({ name: z.string(), parameters: parameters.default({}) });

type JsonInput = z.infer<typeof inputSchema>;

/** An inference request over REST. */
export interface RestRequest {
  readonly id: string;
  readonly inputs: readonly RequestInput[];
  /** Names of the outputs that are asked for; none = all. */
  readonly outputs: readonly string[];
  /** Names of the outputs whose elements go behind the JSON. */
  readonly binaryOutputs: ReadonlySet<string>;
}

/**
 * Reads a body whose JSON is `headerLength` bytes long, or all of it when that is absent.
 * @throws {ServerError}
 */
export function readRestRequest(
  body: Uint8Array,
  headerLength: string | undefined,
  specs: readonly TensorSpec[],
): RestRequest {
  const end = endOfJson(body, headerLength);
  const json = parseJson(body.subarray(0, end));
  const id = check(z.string().default(""), json["id"], "parse_input");
  const requested = check(z.array(outputSchema).default([]), json["outputs"], "parse_output");
  const common = check(parameters.default({}), json["parameters"], "parse_parameters");
  if (json["inputs"] === undefined) throw new ServerError("no_inputs");
  const jsonInputs = check(z.array(inputSchema), json["inputs"], "parse_input");
  if (jsonInputs.length === 0) throw new ServerError("no_inputs");

  checkExtensions(jsonInputs, requested);

  let rest = body.subarray(end);
  const inputs = jsonInputs.map((input) => {
    const { name, datatype, shape } = input;
    const head = { name, datatype, spelled: datatype, shape };
    if (input.data !== undefined) {
      if (input.parameters["binary_data_size"] !== undefined) {
        throw new ServerError("contents_not_empty");
      }
      const spec = specs.find((candidate) => candidate.name === name);
      return { ...head, content: jsonContent(input, spec) };
    }
    const size = binarySize(input, jsonInputs.length === 1, rest.byteLength);
    const bytes = rest.subarray(0, size);
    rest = rest.subarray(size);
    return { ...head, content: { kind: "raw", bytes } satisfies Content };
  });
  if (rest.byteLength > 0) throw new ServerError("surplus_bytes", `${rest.byteLength} bytes`);
  const all = common["binary_data_output"] === true;
  // As in OVMS, binary_data_output concerns the outputs that the request names, and no others.
  const binary = requested.filter((output) => output.parameters["binary_data"] ?? all);
  return {
    id,
    inputs,
    outputs: requested.map(({ name }) => name),
    binaryOutputs: new Set(binary.map(({ name }) => name)),
  };
}

/** The answer to a request: JSON, followed by the elements of the binary outputs. */
export function writeRestResponse(
  head: object,
  { id, binaryOutputs }: RestRequest,
  outputs: Tensors,
): Response {
  const tails: Uint8Array<ArrayBuffer>[] = [];
  const entries = Object.entries(outputs).map(([name, tensor]) => {
    const { datatype, shape } = tensor;
    if (!binaryOutputs.has(name)) return { name, shape, datatype, data: jsonData(tensor) };
    const tail = encodeTensor(name, tensor) as Uint8Array<ArrayBuffer>;
    tails.push(tail);
    return { name, shape, datatype, parameters: { binary_data_size: tail.byteLength } };
  });
  const json = JSON.stringify({ ...head, ...(id === "" ? {} : { id }), outputs: entries });
  if (tails.length === 0) {
    return new Response(json, { headers: { "content-type": "application/json" } });
  }
  const bytes = new TextEncoder().encode(json);
  return new Response(new Blob([bytes, ...tails]), {
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(bytes.byteLength),
    },
  });
}

function endOfJson(body: Uint8Array, headerLength: string | undefined): number {
  if (headerLength === undefined) return body.byteLength;
  if (!/^\d+$/.test(headerLength)) throw new ServerError("header_length");
  const end = Number(headerLength);
  if (end > body.byteLength) throw new ServerError("header_length_exceeded");
  return end;
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ServerError("json", undefined, { cause });
  }
  return check(z.record(z.string(), z.unknown()), value, "body_not_an_object");
}

function check<T>(schema: z.ZodType<T>, value: unknown, code: RefusalCode): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new ServerError(code, undefined, { cause: result.error });
  return result.data;
}

function binarySize({ datatype, shape, parameters }: JsonInput, only: boolean, left: number) {
  const given = parameters["binary_data_size"];
  if (given !== undefined && !(Number.isSafeInteger(given) && Number(given) >= 0)) {
    throw new ServerError("binary_data_size");
  }
  let size = given === undefined ? null : Number(given);
  if (datatype === "BYTES" && size === null) {
    // The length of one JPEG may be left out when nothing else follows.
    if (!only || shape.length !== 1 || shape[0] !== 1) throw new ServerError("parse_input");
    size = left;
  }
  size ??= isDataType(datatype) ? elementCount(shape) * elementBytes(datatype) : 0;
  if (size > left) throw new ServerError("binary_buffer");
  return size;
}

function jsonContent({ datatype, data }: JsonInput, spec: TensorSpec | undefined): Content {
  if (!isDataType(datatype)) throw new ServerError("unsupported_precision");
  if (datatype === "FP16") throw new ServerError("parse_input");
  const values = data!.flat(Infinity);
  if (!values.every((value) => isElement(datatype, value))) throw new ServerError("parse_input");
  if (datatype === "BYTES") {
    const encoder = new TextEncoder();
    return { kind: "strings", strings: (values as string[]).map((text) => encoder.encode(text)) };
  }
  // Another type than the model's is refused later, by its name; only its count matters here.
  return { kind: "values", values: spec ? values as number[] : [] };
}

function isElement(datatype: DataType, value: unknown): boolean {
  if (datatype === "BYTES") return typeof value === "string";
  if (datatype === "BOOL") return typeof value === "boolean";
  if (datatype.startsWith("FP")) return typeof value === "number";
  return Number.isInteger(value) && !(datatype.startsWith("U") && Number(value) < 0);
}

function jsonData({ datatype, data }: Tensor): unknown[] {
  if (datatype === "BYTES") {
    return (data as readonly Uint8Array[]).map((item) => new TextDecoder().decode(item));
  }
  if (datatype === "BOOL") return Array.from(data as Uint8Array, Boolean);
  // JSON's numbers lose the last digits of a 64-bit integer; so do those of every other client.
  return Array.from(data as Iterable<number | bigint>, Number);
}
