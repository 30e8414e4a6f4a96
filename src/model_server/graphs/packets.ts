/** Requests to a graph: their timestamps, side packets and packets, checked as OVMS checks them. */

import type { Tensors } from "../../frame/tensor.ts";
import { decodeTensor, elementCount } from "../../inference/codecs.ts";
import { elementBytes, elementTypes } from "../element_types.ts";
import type { ModelInferRequest } from "../kserve_message.ts";
import { readInputs } from "../kserve_message.ts";
import type { RequestInput } from "../request.ts";
import { ServerError } from "../server_error.ts";
import { checkCoherency } from "../kserve_message.ts";
import { type GraphKind, lastTimestamp, type SidePackets } from "./graph.ts";

/** The parameter that says to which moment a request's packets belong. */
export const timestampName = "OVMS_MP_TIMESTAMP";

/** A parameter as proto-loader decodes it. */
interface Parameter {
  readonly parameter_choice?: string;
  readonly bool_param?: boolean;
  readonly int64_param?: string;
  readonly string_param?: string;
}

/** A request with its parameters, which a model has no use for. */
export type GraphRequest = ModelInferRequest & {
  readonly parameters: Readonly<Record<string, Parameter>>;
};

/**
 * The moment that a request is of, in microseconds; that of its arrival where it says none.
 * @throws {ServerError}
 */
export function timestampOf({ parameters }: GraphRequest): bigint {
  const given = parameters[timestampName];
  if (given === undefined) return BigInt(Date.now()) * 1000n;
  if (given.parameter_choice !== "int64_param") {
    const words = `Invalid timestamp format in request parameter ${timestampName}. Should be int64`;
    throw new ServerError("graph_timestamp", words);
  }
  const timestamp = BigInt(given.int64_param!);
  if (timestamp < -lastTimestamp || timestamp > lastTimestamp) {
    throw new ServerError("graph_timestamp", String(timestamp));
  }
  return timestamp;
}

/**
 * What the first request tells the graph.
 * @throws {ServerError}
 */
export function sidePacketsOf({ parameters }: GraphRequest): SidePackets {
  const packets = new Map<string, string | number | boolean>();
  for (const [name, given] of Object.entries(parameters)) {
    if (name === timestampName) continue;
    if (given.parameter_choice === "string_param") packets.set(name, given.string_param!);
    else if (given.parameter_choice === "int64_param") packets.set(name, Number(given.int64_param));
    else if (given.parameter_choice === "bool_param") packets.set(name, given.bool_param!);
    else throw new ServerError("not_implemented");
  }
  return packets;
}

/**
 * The packets of a request.
 * @throws {ServerError}
 */
export function packetsOf(
  inputs: ReturnType<GraphKind["inputs"]>,
  request: GraphRequest,
): Tensors {
  if (request.raw_input_contents.length > 0) checkCoherency(request);
  const packets: Record<string, Tensors[string]> = {};
  for (const input of readInputs([], request)) {
    const { name, datatype, shape, content } = input;
    const kind = inputs.find((candidate) => candidate.name === name);
    if (kind === undefined) throw new ServerError("unexpected_input", `${name} is unexpected`);
    if (kind.type === "IMAGE") checkImage(input);
    if (!Object.hasOwn(elementTypes, datatype)) throw new ServerError("precision");
    if (content.kind === "raw") {
      packets[name] = decodeTensor(name, datatype, shape, content.bytes.slice());
    } else if (content.kind === "strings") {
      packets[name] = { datatype: "BYTES", shape, data: content.strings };
    } else throw new ServerError("not_implemented");
  }
  return packets;
}

function checkImage({ datatype, shape, content }: RequestInput): void {
  if (content.kind !== "raw") throw new ServerError("graph_execution");
  const words = "Invalid Mediapipe Image input";
  if (shape.length !== 3) {
    throw new ServerError("shape", `${words} shape size. Expected: 3; Actual: ${shape.length}`);
  }
  for (const [index, extent] of ["height", "width", "number of channels"].entries()) {
    if (shape[index]! > 0) continue;
    const found = `Expected greater than 0; Actual: ${shape[index]}; Expected layout - HWC.`;
    throw new ServerError("shape", `${words} ${extent}. ${found}`);
  }
  const known = Object.hasOwn(elementTypes, datatype)
    ? datatype as keyof typeof elementTypes
    : "BOOL";
  const expected = elementCount(shape) * elementBytes(known);
  if (content.bytes.byteLength !== expected) {
    const sizes = `Actual: ${content.bytes.byteLength}; Expected: ${expected}`;
    throw new ServerError("content_size", `${words} buffer size. ${sizes}`);
  }
  // The stand-in's graphs draw and detect in colours of a byte.
  if (datatype !== "UINT8" || shape[2] !== 3) {
    const reason =
      "Invalid KFS request datatype, conversion to Mediapipe ImageFrame format failed.";
    throw new ServerError("input_format", reason);
  }
}
