/** The model that inference_conformance.ts asks, as an ONNX file. */

import { encodeOnnx } from "./onnx_model.ts";

const multiplications = 12;

/**
 * Inputs and outputs of every kind there is, and one whose cost is the caller's choice: `load` of
 * n × n elements is multiplied by itself again and again, which is nothing for 1 × 1 and takes
 * several hundred milliseconds for 1024 × 1024.
 */
export function conformanceModel(): Uint8Array {
  const products = Array.from({ length: multiplications }, (_, index) => ({
    op: "MatMul",
    inputs: [index === 0 ? "load" : `product_${index}`, "load"],
    outputs: [`product_${index + 1}`],
  }));
  return encodeOnnx({
    properties: { names: "{0: 'person', 1: 'bicycle'}" },
    inputs: {
      image: ["UINT8", [1, 4, 6, 3]],
      a: ["FP32", ["rows", 3]],
      b: ["FP32", ["rows", 3]],
      ids: ["INT64", [2]],
      half: ["FP16", [4]],
      flags: ["BOOL", [3]],
      load: ["FP32", ["n", "n"]],
    },
    outputs: {
      planes: ["UINT8", [1, 3, 4, 6]],
      sum: ["FP32", ["rows", 3]],
      difference: ["FP32", ["rows", 3]],
      ids_doubled: ["INT64", [2]],
      half_doubled: ["FP16", [4]],
      flags_not: ["BOOL", [3]],
      load_out: ["FP32", ["n", 1]],
    },
    constants: { columns: [1] },
    nodes: [
      {
        op: "Transpose",
        inputs: ["image"],
        outputs: ["planes"],
        attributes: { perm: [0, 3, 1, 2] },
      },
      { op: "Add", inputs: ["a", "b"], outputs: ["sum"] },
      { op: "Sub", inputs: ["a", "b"], outputs: ["difference"] },
      { op: "Add", inputs: ["ids", "ids"], outputs: ["ids_doubled"] },
      { op: "Add", inputs: ["half", "half"], outputs: ["half_doubled"] },
      { op: "Not", inputs: ["flags"], outputs: ["flags_not"] },
      ...products,
      {
        op: "ReduceSum",
        inputs: [`product_${multiplications}`, "columns"],
        outputs: ["load_out"],
        attributes: { keepdims: 1 },
      },
    ],
  });
}
