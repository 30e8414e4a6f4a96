/** Encodes TensorFlow Serving's PredictRequest without copying the elements. */

import protobuf from "protobufjs";
import type { DataType, Tensors } from "../../frame/tensor.ts";
import { framePrefixes, interleave } from "../transport/grpc_frame.ts";
import { RequestPrefixCache } from "../request_prefix_cache.ts";
import { encodeTensor } from "../tensor_codec.ts";
import { concatBytes } from "../../concat_bytes.ts";

// Tags of protos/tensorflow*.proto: the field's number, and 0 = varint or 2 = length-delimited.
const requestModelSpec = 1 << 3 | 2;
const requestInputs = 2 << 3 | 2;
const entryKey = 1 << 3 | 2;
const entryValue = 2 << 3 | 2;
const tensorDtype = 1 << 3;
const tensorShape = 2 << 3 | 2;
const tensorContent = 4 << 3 | 2;
const shapeDim = 2 << 3 | 2;
const dimSize = 1 << 3;
const specName = 1 << 3 | 2;
const specVersion = 2 << 3 | 2;
const versionValue = 1 << 3;

// Numbers of tensorflow.DataType. Those that are missing here have fields of their own at some
// servers, and go another way.
const dtypes: Readonly<Partial<Record<DataType, number>>> = {
  FP32: 1,
  FP64: 2,
  INT32: 3,
  UINT8: 4,
  INT16: 5,
  INT8: 6,
  INT64: 9,
  BOOL: 10,
  UINT32: 22,
  UINT64: 23,
};

/** Encodes requests for one model. */
export class PredictEncoder {
  readonly #modelName: string;
  readonly #modelVersion: number;
  /** What goes before the elements of each input. */
  readonly #prefixes = new RequestPrefixCache<readonly Uint8Array[]>();

  /** `modelVersion` 0 = latest. */
  constructor(modelName: string, modelVersion: number) {
    this.#modelName = modelName;
    this.#modelVersion = modelVersion;
  }

  /**
   * The request in gRPC's frame, piece by piece; numbers are not copied, they stay where they are.
   * Null when an input is of a type that goes another way.
   * @throws {InferenceError} `invalid_input`
   */
  encode(inputs: Tensors): Uint8Array[] | null {
    const tensors = Object.entries(inputs);
    if (tensors.some(([, { datatype }]) => dtypes[datatype] === undefined)) return null;
    const contents = tensors.map(([name, tensor]) => encodeTensor(name, tensor));
    const prefixes = this.#prefixes.get(inputs, () => this.#encodePrefixes(inputs, contents));
    return interleave(prefixes, contents);
  }

  #encodePrefixes(inputs: Tensors, contents: readonly Uint8Array[]): Uint8Array[] {
    const prefixes = Object.entries(inputs).map(([name, { datatype, shape }], index) => {
      const size = contents[index]!.byteLength;
      const tensor = protobuf.Writer.create().uint32(tensorDtype).int32(dtypes[datatype]!);
      tensor.uint32(tensorShape).fork();
      for (const extent of shape) {
        tensor.uint32(shapeDim).fork().uint32(dimSize).int64(extent).ldelim();
      }
      const value = tensor.ldelim().uint32(tensorContent).uint32(size).finish();
      const entry = protobuf.Writer.create().uint32(entryKey).string(name).uint32(entryValue)
        .uint32(value.byteLength + size).finish();
      const writer = protobuf.Writer.create();
      if (index === 0) this.#writeModelSpec(writer);
      writer.uint32(requestInputs).uint32(entry.byteLength + value.byteLength + size);
      return concatBytes([writer.finish(), entry, value]);
    });
    return framePrefixes(prefixes, contents);
  }

  #writeModelSpec(writer: protobuf.Writer): void {
    writer.uint32(requestModelSpec).fork().uint32(specName).string(this.#modelName);
    if (this.#modelVersion !== 0) {
      writer.uint32(specVersion).fork().uint32(versionValue).int64(this.#modelVersion).ldelim();
    }
    writer.ldelim();
  }
}
