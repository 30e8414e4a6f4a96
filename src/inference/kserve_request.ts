/** The request for one inference over KServe v2 gRPC, put together without protobufjs's objects. */

import protobuf from "protobufjs";
import type { Tensor, Tensors } from "../frame/tensor.ts";
import { framePrefixLength, writeFramePrefix } from "./grpc_frame.ts";
import { checkTensor, encodeTensor } from "./tensor_codec.ts";

/** What a `ModelInferRequest` is made of. */
export interface ModelInferRequest {
  readonly modelName: string;
  /** Empty = the server chooses. */
  readonly modelVersion: string;
  readonly inputs: Tensors;
}

// Tags of protos/kserve.proto: the field's number, and 2 = length-delimited.
const modelName = 1 << 3 | 2;
const modelVersion = 2 << 3 | 2;
const input = 5 << 3 | 2;
const rawInputContents = 7 << 3 | 2;
const inputName = 1 << 3 | 2;
const inputDatatype = 2 << 3 | 2;
const inputShape = 3 << 3 | 2;
const inputContents = 5 << 3 | 2;
const bytesContents = 8 << 3 | 2;

/**
 * The request in gRPC's frame; numbers are copied once, into it. It is made in `memory` when that is
 * large enough: at 30 frames a second, new memory for each costs more in collecting it than all else.
 * @throws {InferenceError} `invalid_input`
 */
export function encodeModelInfer(
  request: ModelInferRequest,
  memory?: ArrayBuffer,
): Uint8Array<ArrayBuffer> {
  const writer = protobuf.Writer.create();
  writer.uint32(modelName).string(request.modelName);
  if (request.modelVersion !== "") writer.uint32(modelVersion).string(request.modelVersion);
  const tensors = Object.entries(request.inputs);
  // Servers differ in how they read pictures from raw contents (OVMS 2022 not at all, or without
  // their length), and agree on bytes_contents; but a request must be all of one kind.
  const raw = tensors.some(([, { datatype }]) => datatype !== "BYTES");
  for (const [name, tensor] of tensors) writeInput(writer, name, tensor, raw);
  const parts = [writer.finish()];
  for (const [name, tensor] of raw ? tensors : []) {
    const bytes = encodeTensor(name, tensor);
    parts.push(protobuf.Writer.create().uint32(rawInputContents).uint32(bytes.byteLength).finish());
    parts.push(bytes);
  }
  return joinInFrame(parts, memory);
}

function joinInFrame(
  parts: readonly Uint8Array[],
  memory?: ArrayBuffer,
): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.byteLength, framePrefixLength);
  const frame = memory !== undefined && memory.byteLength >= length
    ? new Uint8Array(memory, 0, length)
    : new Uint8Array(length);
  writeFramePrefix(frame);
  let offset = framePrefixLength;
  for (const part of parts) {
    frame.set(part, offset);
    offset += part.byteLength;
  }
  return frame;
}

function writeInput(writer: protobuf.Writer, name: string, tensor: Tensor, raw: boolean): void {
  const { datatype, shape, data } = tensor;
  writer.uint32(input).fork();
  writer.uint32(inputName).string(name);
  writer.uint32(inputDatatype).string(datatype);
  writer.uint32(inputShape).fork();
  for (const extent of shape) writer.int64(extent);
  writer.ldelim();
  if (!raw) {
    checkTensor(name, tensor);
    writer.uint32(inputContents).fork();
    for (const item of data as readonly Uint8Array[]) writer.uint32(bytesContents).bytes(item);
    writer.ldelim();
  }
  writer.ldelim();
}
