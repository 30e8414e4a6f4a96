import { deepEqual, equal, throws } from "node:assert/strict";
import type { DataType, Tensor } from "../../frame/tensor.ts";
import { fromJson, toJson } from "./json_tensor.ts";

const floats = ["FP16", "FP32", "FP64"] as const;
const small = ["UINT8", "UINT16", "UINT32", "INT8", "INT16", "INT32"] as const;
const long = ["UINT64", "INT64"] as const;

const text = (words: string) => new TextEncoder().encode(words);
const refused = (problem: string | RegExp, reason = "server_error") => ({
  ...{ name: "InferenceError", reason },
  message: typeof problem === "string" ? `Cannot read output y: ${problem}` : problem,
});

Deno.test("toJson() and fromJson() are each other's reverse, for every element type", () => {
  const tensors: Tensor[] = [
    { datatype: "FP16", shape: [2, 1], data: Float16Array.of(0.5, -2) },
    { datatype: "FP32", shape: [2, 1], data: Float32Array.of(0.5, -2) },
    { datatype: "FP64", shape: [2, 1], data: Float64Array.of(0.1, -2) },
    { datatype: "UINT8", shape: [2], data: Uint8Array.of(0, 255) },
    { datatype: "UINT16", shape: [2], data: Uint16Array.of(0, 256) },
    { datatype: "UINT32", shape: [2], data: Uint32Array.of(0, 65_536) },
    { datatype: "INT8", shape: [2], data: Int8Array.of(-1, 1) },
    { datatype: "INT16", shape: [2], data: Int16Array.of(-1, 256) },
    { datatype: "INT32", shape: [2], data: Int32Array.of(-1, 65_536) },
    { datatype: "UINT64", shape: [1], data: BigUint64Array.of(2n ** 53n) },
    { datatype: "INT64", shape: [2], data: BigInt64Array.of(-7n, 7n) },
    { datatype: "BYTES", shape: [2], data: [text("é"), new Uint8Array()] },
    { datatype: "BOOL", shape: [3], data: Uint8Array.of(1, 0, 1) },
    { datatype: "FP32", shape: [0], data: new Float32Array() },
  ];
  for (const tensor of tensors) {
    const { datatype, shape } = tensor;
    deepEqual(fromJson("y", datatype, shape, JSON.parse(toJson("x", tensor))), tensor);
  }
});

Deno.test("toJson() writes one flat list, and refuses what JSON has no words for", () => {
  const data = Float32Array.of(1, 2, 3, 4);
  equal(toJson("x", { datatype: "FP32", shape: [2, 2], data }), "[1,2,3,4]");
  equal(toJson("x", { datatype: "BOOL", shape: [2], data: Uint8Array.of(7, 0) }), "[true,false]");
  equal(toJson("x", { datatype: "BYTES", shape: [1], data: [text("\ufeffa")] }), '["\ufeffa"]');
  for (const odd of [NaN, Infinity, -Infinity]) {
    throws(
      () => toJson("x", { datatype: "FP32", shape: [1], data: Float32Array.of(odd) }),
      refused(/^Cannot send input x: not every element is a finite number/, "invalid_input"),
    );
  }
  const jpeg: Tensor = { datatype: "BYTES", shape: [1], data: [Uint8Array.of(0xff, 0xd8)] };
  throws(() => toJson("x", jpeg), refused(/no room for bytes such as a JPEG's/, "invalid_input"));
  throws(
    () => toJson("x", { datatype: "FP32", shape: [2], data: Float32Array.of(1) }),
    refused(/it has 1 elements for shape/, "invalid_input"),
  );
});

Deno.test("fromJson() takes lists as they are nested, or flat, and no deeper than 64", () => {
  const nested = [[[1, 2], [3, 4]], [5, [6]]];
  for (const data of [[1, 2, 3, 4, 5, 6], nested, [1, [2, [3]], 4, [5, 6]]]) {
    const { shape, data: elements } = fromJson("y", "FP32", [3, 2], data);
    deepEqual([shape, elements], [[3, 2], Float32Array.of(1, 2, 3, 4, 5, 6)]);
  }
  let deep: unknown = 7;
  for (let depth = 0; depth < 64; depth++) deep = [deep];
  deepEqual(fromJson("y", "FP32", [1], deep).data, Float32Array.of(7));
  throws(() => fromJson("y", "FP32", [1], [deep]), refused("lists are nested deeper than 64"));
});

Deno.test("fromJson() takes the elements that a type has, and no others", () => {
  const taken: [DataType, unknown, unknown][] = [
    ...floats.map((type): [DataType, unknown, unknown] => [type, null, NaN]),
    ["BOOL", true, 1],
    ["BOOL", 0, 0],
    ["BOOL", 1, 1],
    ["INT64", "-9007199254740993", -9007199254740993n],
    ["INT64", 5, 5n],
    ["UINT64", "18446744073709551615", 18446744073709551615n],
    ["UINT8", 255, 255],
    ["INT8", -128, -128],
  ];
  for (const [type, item, element] of taken) {
    deepEqual([...fromJson("y", type, [1], [item]).data], [element]);
  }
  const refusals: [DataType, unknown, string][] = [
    ...floats.map((type): [DataType, unknown, string] => [type, "1", "string"]),
    ...small.map((type): [DataType, unknown, string] => [type, 1.5, "number"]),
    ...small.map((type): [DataType, unknown, string] => [type, null, "null"]),
    ...long.flatMap((type) =>
      // An object of JSON may be one that cannot be written as a text.
      [1.5, "x1", "1x", "1".repeat(21), null, true, { toString: 1 }].map(
        (item): [DataType, unknown, string] => {
          return [type, item, item === null ? "null" : typeof item];
        },
      )
    ),
    ...[2, "true", null].map((item): [DataType, unknown, string] => {
      return ["BOOL", item, item === null ? "null" : typeof item];
    }),
    ["BYTES", 5, "number"],
    ["FP32", {}, "object"],
  ];
  for (const [type, item, what] of refusals) {
    throws(
      () => fromJson("y", type, [1], [item]),
      refused(`an element of type ${type} is ${what}`),
    );
  }
  // It is the odd one that is named.
  throws(() => fromJson("y", "FP32", [2], [1, "x"]), refused(/is string$/));
});

Deno.test("fromJson() refuses numbers that a type has no room for", () => {
  const ranges = { UINT8: [0, 255], UINT16: [0, 65_535], UINT32: [0, 2 ** 32 - 1] } as const;
  const signed = { INT8: 7, INT16: 15, INT32: 31 } as const;
  const bounds = [
    ...Object.entries(ranges),
    ...Object.entries(signed).map(([type, bits]) => [type, [-(2 ** bits), 2 ** bits - 1]] as const),
  ];
  for (const [type, [least, most]] of bounds) {
    deepEqual([...fromJson("y", type, [2], [least, most]).data], [least, most]);
    for (const item of [least - 1, most + 1]) {
      throws(
        () => fromJson("y", type, [2], [0, item]),
        refused(`an element does not fit into ${type}`),
      );
    }
  }
});

Deno.test("fromJson() refuses what is no list, of another length, or of no type", () => {
  for (const data of [undefined, null, {}, "12", 7]) {
    throws(() => fromJson("y", "FP32", [1], data), refused("its data are no list"));
  }
  // Of nested lists no more are counted than tell that they are too many.
  const lengths = [[[], 0], [[1, 2, 3], 3], [[1, 2, 3, 4], 4], [[[1], [2], [3], [4]], 3]] as const;
  for (const [data, count] of lengths) {
    throws(
      () => fromJson("y", "FP32", [2, 1], data),
      refused(`${count} elements came for FP32 [2,1]`),
    );
  }
  throws(
    () => fromJson("y", "FP8", [1], [1]),
    refused(/its datatype FP8 is unknown/, "unsupported"),
  );
});
