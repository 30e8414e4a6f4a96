/** TensorFlow Serving's tensors, as proto-loader decodes them, to and from ours. */

import type { TensorSpec } from "../frame/model.ts";
import type { Tensor } from "../frame/tensor.ts";
import {
  elementCount,
  encodeTensor,
  fromTensorflowType,
  tensorflowTypes,
} from "../inference/codecs.ts";
import { elementTypes } from "./element_types.ts";
import type { Content, RequestInput } from "./request.ts";
import { ServerError } from "./server_error.ts";

interface TensorShape {
  readonly dim: readonly { readonly size: string }[];
}

/** `tensorflow.TensorProto` of a request, as far as OVMS reads it. */
export interface TensorProtoInput {
  readonly dtype: string;
  readonly tensor_shape: TensorShape | null;
  readonly tensor_content: Uint8Array;
  readonly int_val: readonly number[];
  readonly half_val: readonly number[];
  readonly string_val: readonly Uint8Array[];
}

/** One input of a `PredictRequest`. */
export function readTensorProto(name: string, proto: TensorProtoInput): RequestInput {
  const known = fromTensorflowType(proto.dtype);
  const datatype = known ?? "INVALID";
  const spelled = known === undefined ? "INVALID" : elementTypes[known].precision;
  const shape = (proto.tensor_shape?.dim ?? []).map(({ size }) => Number(size));
  return { name, datatype, spelled, shape, content: contentOf(name, datatype, shape, proto) };
}

// As in OVMS: strings, uint16 and half have fields of their own, all else is in tensor_content.
function contentOf(
  name: string,
  datatype: string,
  shape: readonly number[],
  proto: TensorProtoInput,
): Content {
  switch (datatype) {
    case "BYTES":
      if (proto.string_val.some((item) => item.byteLength === 0)) {
        throw new ServerError("string_val_empty");
      }
      return { kind: "strings", strings: proto.string_val };
    case "UINT16":
      checkCount(name, shape, proto.int_val.length);
      return { kind: "values", values: proto.int_val };
    case "FP16": {
      checkCount(name, shape, proto.half_val.length);
      return { kind: "raw", bytes: new Uint8Array(Uint16Array.from(proto.half_val).buffer) };
    }
    default:
      return { kind: "raw", bytes: proto.tensor_content };
  }
}

function checkCount(name: string, shape: readonly number[], actual: number): void {
  const expected = elementCount(shape);
  if (expected === actual) return;
  throw new ServerError(
    "value_count",
    `Expected: ${expected}; Actual: ${actual}; input name: ${name}`,
  );
}

/** An output of a `PredictResponse`. */
export function writeTensorProto(name: string, tensor: Tensor): object {
  const { datatype, shape, data } = tensor;
  const head = { dtype: tensorflowTypes[datatype], tensor_shape: writeShape(shape) };
  return datatype === "BYTES"
    ? { ...head, string_val: data }
    : { ...head, tensor_content: encodeTensor(name, tensor) };
}

/** Inputs or outputs of a `SignatureDef`. */
export function writeTensorInfos(specs: readonly TensorSpec[]): object {
  return Object.fromEntries(specs.map(({ name, datatype, shape }) => {
    const dtype = tensorflowTypes[datatype];
    return [name, { name, dtype, tensor_shape: writeShape(shape) }];
  }));
}

function writeShape(shape: readonly number[]): object {
  return { dim: shape.map((size) => ({ size })) };
}
