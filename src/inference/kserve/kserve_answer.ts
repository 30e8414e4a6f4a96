/** Decodes KServe v2's ModelInferResponse, mostly without protobufjs's objects. */

import protobuf from "protobufjs";
import type { Tensor, Tensors } from "../../frame/tensor.ts";
import { InferenceError } from "../inference.ts";
import { decodeContents, type InferTensorContents } from "./kserve_contents.ts";
import { checkShape, decodeTensor } from "../tensor_codec.ts";

interface InferOutput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly string[];
  readonly contents: InferTensorContents | null;
}

/** `inference.ModelInferResponse` as proto-loader gives it. */
export interface ModelInferResponse {
  readonly outputs: readonly InferOutput[];
  readonly raw_output_contents: readonly Uint8Array[];
}

type OutputHead = Omit<InferOutput, "shape" | "contents"> & { readonly shape: readonly number[] };

// The tag of protos/kserve.proto: the field's number, and 2 = length-delimited.
const rawOutputContents = 6 << 3 | 2;

/** Decodes answers of one model. */
export class ModelInferDecoder {
  readonly #deserialize: (message: Uint8Array) => ModelInferResponse;
  /**
   * All of an answer but its elements, which come last: names, types and shapes are the same from
   * answer to answer where the model's shapes are fixed.
   */
  #known: { readonly head: Uint8Array; readonly outputs: readonly OutputHead[] } | null = null;

  /** `deserialize` reads any answer whatever. */
  constructor(deserialize: (message: Uint8Array) => ModelInferResponse) {
    this.#deserialize = deserialize;
  }

  /**
   * The outputs, in memory of their own: each in a buffer that can be handed over as it is. The
   * message may lie in memory that is used again.
   * @throws {InferenceError}
   */
  decode(message: Uint8Array): Tensors {
    return this.#decodeKnown(message) ?? this.#decodeAny(new Uint8Array(message));
  }

  /** Null when the answer is of another kind than the last. */
  #decodeKnown(message: Uint8Array): Tensors | null {
    if (this.#known === null || !startsWith(message, this.#known.head)) return null;
    const { head, outputs } = this.#known;
    const reader = protobuf.Reader.create(message);
    reader.pos = head.byteLength;
    const tensors: [string, Tensor][] = [];
    for (const { name, datatype, shape } of outputs) {
      if (reader.pos >= reader.len || reader.uint32() !== rawOutputContents) return null;
      const length = reader.uint32();
      const begin = reader.pos;
      reader.skip(length);
      const bytes = message.slice(begin, reader.pos);
      tensors.push([name, decodeTensor(name, datatype, shape, bytes)]);
    }
    return reader.pos === reader.len ? Object.fromEntries(tensors) : null;
  }

  #decodeAny(message: Uint8Array): Tensors {
    const { outputs, raw_output_contents } = this.#deserialize(message);
    const heads = outputs.map(({ name, datatype, shape }) => ({
      name,
      datatype,
      shape: checkShape(name, shape),
    }));
    this.#known = { head: message.slice(0, findElements(message)), outputs: heads };
    return Object.fromEntries(heads.map(({ name, datatype, shape }, index) => {
      const raw = raw_output_contents[index];
      const contents = outputs[index]!.contents;
      if (raw !== undefined) return [name, decodeTensor(name, datatype, shape, raw)];
      if (contents !== null) return [name, decodeContents(name, datatype, shape, contents)];
      const words = `Cannot read output ${name}: it came without data`;
      throw new InferenceError("server_error", words, "");
    }));
  }
}

/** Where the first raw contents begin; the message's end when there are none. */
function findElements(message: Uint8Array): number {
  const reader = protobuf.Reader.create(message);
  while (reader.pos < reader.len) {
    const begin = reader.pos;
    const tag = reader.uint32();
    if (tag === rawOutputContents) return begin;
    reader.skipType(tag & 7);
  }
  return reader.len;
}

function startsWith(bytes: Uint8Array, beginning: Uint8Array): boolean {
  for (let index = 0; index < beginning.byteLength; index++) {
    if (bytes[index] !== beginning[index]) return false;
  }
  return true;
}
