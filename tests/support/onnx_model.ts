/** Writes small ONNX models, so that no test needs Python or a file that cannot be read. */

import protobuf from "protobufjs";
import type { DataType } from "../../src/frame/tensor.ts";

/** An input or output: element type and extents, a string where any extent will do. */
export type ValueType = readonly [datatype: DataType, shape: readonly (number | string)[]];

/** One step of the model. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

/** A model: its inputs and outputs by name, what is between them, and lists of numbers it knows. */
export interface OnnxModel {
  readonly inputs: Readonly<Record<string, ValueType>>;
  readonly outputs: Readonly<Record<string, ValueType>>;
  readonly nodes: readonly OnnxNode[];
  readonly constants?: Readonly<Record<string, readonly number[]>>;
  /** What its author wrote into it. */
  readonly properties?: Readonly<Record<string, string>>;
  /** The file beside the model that holds the constants ({@link encodeConstants}); absent: none. */
  readonly constantsFile?: string;
}

// The part of ONNX's own message definitions that these models need, with ONNX's field numbers.
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Model { int64 ir_version = 1; string producer = 2; Graph graph = 7; repeated Opset opset = 8; repeated Entry metadata_props = 14; }
  message Entry { string key = 1; string value = 2; }
  message Opset { string domain = 1; int64 version = 2; }
  message Graph {
    repeated Node node = 1; string name = 2; repeated Tensor initializer = 5;
    repeated Value input = 11; repeated Value output = 12;
  }
  message Node {
    repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
    repeated Attribute attribute = 5;
  }
  message Attribute { string name = 1; int64 i = 3; repeated int64 ints = 8; int32 type = 20; }
  message Tensor { repeated int64 dims = 1; int32 data_type = 2; repeated int64 int64_data = 7; string name = 8; repeated Entry external_data = 13; int32 data_location = 14; }
  message Value { string name = 1; Type type = 2; }
  message Type { TensorType tensor = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message Shape { repeated Dim dim = 1; }
  message Dim { int64 value = 1; string param = 2; }
`,
  { keepCase: true },
);

const elementTypes: Readonly<Record<DataType, number>> = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BYTES: 8,
  BOOL: 9,
  FP16: 10,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
};

// Kinds of attributes: one integer, a list of integers.
const integer = 2;
const integers = 7;

/** The `.onnx` file of `model`: opset 13, which every runtime in use reads. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const { inputs, outputs, nodes, constants = {}, properties = {}, constantsFile } = model;
  let offset = 0;
  const graph = {
    name: "test",
    input: Object.entries(inputs).map(toValue),
    output: Object.entries(outputs).map(toValue),
    node: nodes.map((node, index) => ({
      name: `${node.op}_${index}`,
      op_type: node.op,
      input: node.inputs,
      output: node.outputs,
      attribute: Object.entries(node.attributes ?? {}).map(toAttribute),
    })),
    initializer: Object.entries(constants).map(([name, numbers]) => ({
      name,
      dims: [numbers.length],
      data_type: elementTypes.INT64,
      ...(constantsFile === undefined ? { int64_data: numbers } : external(numbers.length)),
    })),
  };
  const type = root.lookupType("Model");
  const message = {
    ir_version: 8,
    producer: "sightline",
    graph,
    opset: [{ version: 13 }],
    metadata_props: toEntries(properties),
  };
  return type.encode(type.fromObject(message)).finish();

  function external(count: number): object {
    const place = { location: constantsFile!, offset: String(offset), length: String(count * 8) };
    offset += count * 8;
    return { external_data: toEntries(place), data_location: 1 };
  }
}

/** What stands in a model's `constantsFile`. */
export function encodeConstants({ constants = {} }: OnnxModel): Uint8Array {
  const numbers = Object.values(constants).flat().map(BigInt);
  return new Uint8Array(BigInt64Array.from(numbers).buffer);
}

function toEntries(record: Readonly<Record<string, string>>): object[] {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}

function toValue([name, [datatype, shape]]: [string, ValueType]): object {
  const dim = shape.map((extent) =>
    typeof extent === "number" ? { value: extent } : { param: extent }
  );
  return { name, type: { tensor: { elem_type: elementTypes[datatype], shape: { dim } } } };
}

function toAttribute([name, value]: [string, number | readonly number[]]): object {
  return typeof value === "number"
    ? { name, i: value, type: integer }
    : { name, ints: value, type: integers };
}
