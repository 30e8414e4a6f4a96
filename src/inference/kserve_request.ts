/** The request for one inference over KServe v2 gRPC, put together without protobufjs's objects. */

import type { Buffer } from "node:buffer";
import protobuf from "protobufjs";
import type { Tensor, Tensors } from "../frame/tensor.ts";
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
 * Bytes of the request; the tensors are copied once, into it.
 * @throws {InferenceError} `invalid_input`
 */
export function encodeModelInfer(request: ModelInferRequest): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(modelName).string(request.modelName);
  if (request.modelVersion !== "") writer.uint32(modelVersion).string(request.modelVersion);
  const tensors = Object.entries(request.inputs);
  // Servers differ in how they read pictures from raw contents (OVMS 2022 not at all, or without
  // their length), and agree on bytes_contents; but a request must be all of one kind.
  const raw = tensors.some(([, { datatype }]) => datatype !== "BYTES");
  for (const [name, tensor] of tensors) writeInput(writer, name, tensor, raw);
  if (raw) {
    for (const [name, tensor] of tensors) {
      writer.uint32(rawInputContents).bytes(encodeTensor(name, tensor));
    }
  }
  // Where there is a Buffer, protobufjs writes into one, which its types do not say.
  return writer.finish() as Buffer;
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
