/** The request for one inference over KServe v2 gRPC, put together without protobufjs's objects. */

import type { Buffer } from "node:buffer";
import protobuf from "protobufjs";
import type { Tensors } from "../frame/tensor.ts";
import { encodeTensor } from "./tensor_codec.ts";

/** What a `ModelInferRequest` is made of. */
export interface ModelInferRequest {
  readonly modelName: string;
  /** Empty = the server chooses. */
  readonly modelVersion: string;
  readonly inputs: Tensors;
}

// Field numbers of protos/kserve.proto, each with its wire type: 2 = length-delimited.
const modelName = 1 << 3 | 2;
const modelVersion = 2 << 3 | 2;
const inputs = 5 << 3 | 2;
const rawInputContents = 7 << 3 | 2;
const inputName = 1 << 3 | 2;
const inputDatatype = 2 << 3 | 2;
const inputShape = 3 << 3 | 2;

/**
 * Bytes of the request; the tensors are copied once, into it.
 * @throws {InferenceError} `invalid_input`
 */
export function encodeModelInfer(request: ModelInferRequest): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(modelName).string(request.modelName);
  if (request.modelVersion !== "") writer.uint32(modelVersion).string(request.modelVersion);
  const tensors = Object.entries(request.inputs);
  for (const [name, { datatype, shape }] of tensors) {
    writer.uint32(inputs).fork();
    writer.uint32(inputName).string(name);
    writer.uint32(inputDatatype).string(datatype);
    writer.uint32(inputShape).fork();
    for (const extent of shape) writer.int64(extent);
    writer.ldelim().ldelim();
  }
  for (const [name, tensor] of tensors) {
    writer.uint32(rawInputContents).bytes(encodeTensor(name, tensor));
  }
  // On this platform protobufjs writes into Buffers, which its types do not say.
  return writer.finish() as Buffer;
}
