/** Encodes KServe v2's ModelInferRequest without protobufjs's objects. */

import protobuf from "protobufjs";
import type { Tensor, Tensors } from "../../frame/tensor.ts";
import { beginFrame, framePrefixes, interleave } from "../transport/grpc_frame.ts";
import { RequestPrefixCache } from "../request_prefix_cache.ts";
import { checkTensor, encodeTensor } from "../tensor_codec.ts";

/** The model that requests are for. */
export interface ModelInferTarget {
  readonly modelName: string;
  /** Empty = the server chooses. */
  readonly modelVersion: string;
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

/** Encodes requests for one model. */
export class ModelInferEncoder {
  readonly #target: ModelInferTarget;
  /** All but the elements: before the first, and before each of the others. */
  readonly #prefixes = new RequestPrefixCache<readonly Uint8Array[]>();

  constructor(target: ModelInferTarget) {
    this.#target = target;
  }

  /**
   * The request in gRPC's frame, piece by piece; numbers are not copied, they stay where they are.
   * @throws {InferenceError} `invalid_input`
   */
  encode(inputs: Tensors): Uint8Array[] {
    const names = Object.keys(inputs);
    let strings = 0;
    for (const name of names) if (inputs[name]!.datatype === "BYTES") strings++;
    // Servers differ in how they read pictures from raw contents (OVMS 2022 not at all, or without
    // their length), and agree on bytes_contents; but a request must be all of one kind.
    if (strings === names.length) return [beginFrame(this.#encodePrefix(inputs, false), 0)];
    const contents = names.map((name) => encodeTensor(name, inputs[name]!));
    const prefixes = strings === 0
      ? this.#prefixes.get(inputs, () => this.#encodePrefixes(inputs, contents))
      // The length of strings differs from request to request.
      : this.#encodePrefixes(inputs, contents);
    return interleave(prefixes, contents);
  }

  #encodePrefixes(inputs: Tensors, contents: readonly Uint8Array[]): Uint8Array[] {
    const prefixes = contents.map(({ byteLength }, index) => {
      const writer = protobuf.Writer.create();
      if (index === 0) this.#writePrefix(writer, inputs, true);
      return writer.uint32(rawInputContents).uint32(byteLength).finish();
    });
    return framePrefixes(prefixes, contents);
  }

  #encodePrefix(inputs: Tensors, raw: boolean): Uint8Array {
    const writer = protobuf.Writer.create();
    this.#writePrefix(writer, inputs, raw);
    return writer.finish();
  }

  #writePrefix(writer: protobuf.Writer, inputs: Tensors, raw: boolean): void {
    const target = this.#target;
    writer.uint32(modelName).string(target.modelName);
    if (target.modelVersion !== "") writer.uint32(modelVersion).string(target.modelVersion);
    for (const [name, tensor] of Object.entries(inputs)) writeInput(writer, name, tensor, raw);
  }
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
