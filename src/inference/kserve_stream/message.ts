/** Messages of KServe's `ModelStreamInfer`: what a request has besides its tensors, and its answers. */

import protobuf from "protobufjs";
import type { Tensor, Tensors } from "../../frame/tensor.ts";
import { InferenceError } from "../inference.ts";
import type { ModelInferDecoder } from "../kserve/kserve_answer.ts";
import { checkShape, decodeTensor } from "../tensor_codec.ts";

/** Side packets of a graph: what it is told as it begins. */
export type SidePackets = Readonly<Record<string, string | number | boolean>>;

/** The parameter by which OpenVINO Model Server knows the frame, in requests and answers. */
const timestampName = "OVMS_MP_TIMESTAMP";
/** By these Triton says of a frame that no more comes of it, if it is asked to. */
const lastName = "triton_final_response";
export const askForLast = { triton_enable_empty_final_response: true } as const;

// Tags of protos/kserve.proto: the field's number, and 2 = length-delimited, 0 = a number.
const request = { id: 3 << 3 | 2, parameter: 4 << 3 | 2 };
const entry = { key: 1 << 3 | 2, value: 2 << 3 | 2 };
const value = { bool: 1 << 3, int64: 2 << 3, text: 3 << 3 | 2 };
const stream = { error: 1 << 3 | 2, answer: 2 << 3 | 2 };
const answer = { id: 3 << 3 | 2, parameter: 4 << 3 | 2, output: 5 << 3 | 2, raw: 6 << 3 | 2 };
const output = {
  ...{ name: 1 << 3 | 2, datatype: 2 << 3 | 2, shape: 3 << 3 | 2, contents: 5 << 3 | 2 },
  // Of a server that does not pack numbers.
  extent: 3 << 3,
};

/**
 * The fields of a request that say which frame it is. Servers other than OVMS, which knows the
 * parameter alone, repeat the id.
 */
export function encodeFrameFields(timestampUs: number, sidePackets: SidePackets): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(request.id).string(String(timestampUs));
  for (const [name, given] of Object.entries({ ...sidePackets, [timestampName]: timestampUs })) {
    writer.uint32(request.parameter).fork();
    writer.uint32(entry.key).string(name);
    writer.uint32(entry.value).fork();
    if (typeof given === "boolean") writer.uint32(value.bool).bool(given);
    else if (typeof given === "number") writer.uint32(value.int64).int64(given);
    else writer.uint32(value.text).string(given);
    writer.ldelim().ldelim();
  }
  return writer.finish();
}

/** One message of the server. */
export interface StreamAnswer {
  /** Empty = it is no error. */
  readonly error: string;
  /** The frame; null = it does not say. */
  readonly timestampUs: number | null;
  /** Whether it said so by its timestamp, and not only by repeating the request's id. */
  readonly isTimed: boolean;
  /** Whether no more comes of the frame. */
  readonly isLast: boolean;
  /** In memory of their own. @throws {InferenceError} when they cannot be read */
  outputs(): Tensors;
}

/**
 * Reads a message, which may lie in memory that is used again.
 * @throws {Error} when it is none
 */
export function decodeStreamAnswer(message: Uint8Array, whole: ModelInferDecoder): StreamAnswer {
  const reader = protobuf.Reader.create(message);
  let error = "";
  let inner = message.subarray(0, 0);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === stream.error) error = reader.string();
    else if (tag === stream.answer) inner = bytesOf(reader, message);
    else reader.skipType(tag & 7);
  }
  const { id, timestampUs, isLast, outputs, raw } = readAnswer(inner);
  return {
    ...{ error, isLast },
    timestampUs: timestampUs ?? (/^\d{1,16}$/.test(id) ? Number(id) : null),
    isTimed: timestampUs !== null,
    outputs: () => {
      if (raw.length !== outputs.length) return whole.decode(inner);
      return Object.fromEntries(outputs.map((bytes, index) => readOutput(bytes, raw[index]!)));
    },
  };
}

interface AnswerParts {
  id: string;
  timestampUs: number | null;
  isLast: boolean;
  readonly outputs: Uint8Array[];
  readonly raw: Uint8Array[];
}

function readAnswer(message: Uint8Array): AnswerParts {
  const parts: AnswerParts = {
    ...{ id: "", timestampUs: null, isLast: false, outputs: [], raw: [] },
  };
  const reader = protobuf.Reader.create(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === answer.id) parts.id = reader.string();
    else if (tag === answer.output) parts.outputs.push(bytesOf(reader, message));
    else if (tag === answer.raw) parts.raw.push(bytesOf(reader, message));
    else if (tag === answer.parameter) {
      const [name, given] = readParameter(bytesOf(reader, message));
      if (name === timestampName && typeof given === "number") parts.timestampUs = given;
      if (name === lastName && given === true) parts.isLast = true;
    } else reader.skipType(tag & 7);
  }
  return parts;
}

/** An entry of the parameters; null for a value that is neither a whole number nor a switch. */
function readParameter(bytes: Uint8Array): [name: string, value: number | boolean | null] {
  const reader = protobuf.Reader.create(bytes);
  let name = "";
  let given = bytes.subarray(0, 0);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === entry.key) name = reader.string();
    else if (tag === entry.value) given = bytesOf(reader, bytes);
    else reader.skipType(tag & 7);
  }
  const inner = protobuf.Reader.create(given);
  const kind = inner.len === 0 ? null : inner.uint32();
  return [
    name,
    kind === value.int64 ? Number(inner.int64()) : kind === value.bool ? inner.bool() : null,
  ];
}

function readOutput(bytes: Uint8Array, raw: Uint8Array): [string, Tensor] {
  const reader = protobuf.Reader.create(bytes);
  const shape: unknown[] = [];
  let name = "";
  let datatype = "";
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === output.name) name = reader.string();
    else if (tag === output.datatype) datatype = reader.string();
    else if (tag === output.shape) {
      for (const end = reader.uint32() + reader.pos; reader.pos < end;) shape.push(reader.int64());
    } else if (tag === output.extent) {
      shape.push(reader.int64());
    } else if (tag === output.contents) {
      const words = `Cannot read output ${name}: its elements came twice`;
      throw new InferenceError("server_error", words, "");
    } else reader.skipType(tag & 7);
  }
  // In memory of its own, which can be handed over as it is.
  return [name, decodeTensor(name, datatype, checkShape(name, shape), raw.slice())];
}

/** The next field's bytes, where they lie. */
function bytesOf(reader: protobuf.Reader, message: Uint8Array): Uint8Array {
  const length = reader.uint32();
  const begin = reader.pos;
  reader.skip(length);
  return message.subarray(begin, reader.pos);
}
