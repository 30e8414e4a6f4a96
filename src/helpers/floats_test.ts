import assert from "node:assert/strict";
import type { Tensors } from "../frame/tensor.ts";
import { floats } from "./floats.ts";
import { pickOutput } from "./pick_output.ts";

const outputs: Tensors = {
  boxes: { datatype: "FP32", shape: [1, 2, 4], data: new Float32Array(8) },
  ids: { datatype: "INT64", shape: [1, 2], data: BigInt64Array.of(1n, -2n) },
  names: { datatype: "BYTES", shape: [1], data: [new Uint8Array(3)] },
};

Deno.test("floats() gives FP32 as it is and converts the rest", () => {
  assert.equal(floats(outputs, "boxes"), outputs["boxes"]?.data);
  assert.deepEqual(floats(outputs, "ids"), Float32Array.of(1, -2));
  const half: Tensors = { half: { datatype: "FP16", shape: [2], data: Float16Array.of(0.5, 2) } };
  assert.deepEqual(floats(half), Float32Array.of(0.5, 2));
  const flags: Tensors = { flags: { datatype: "BOOL", shape: [2], data: Uint8Array.of(0, 1) } };
  assert.deepEqual(floats(flags), Float32Array.of(0, 1));
});

Deno.test("floats() refuses byte strings", () => {
  assert.throws(() => floats(outputs, "names"), {
    name: "TypeError",
    message: "Cannot read output BYTES [1] as numbers: it holds byte strings",
  });
});

Deno.test("pickOutput() finds by name and by shape", () => {
  assert.equal(pickOutput(outputs, "ids"), outputs["ids"]);
  assert.equal(pickOutput(outputs, [1, -1, 4]), outputs["boxes"]);
  assert.equal(pickOutput(outputs, [-1, 2]), outputs["ids"]);
});

Deno.test("pickOutput() names the outputs there are when none or several fit", () => {
  const there = `the model has "boxes" (FP32 [1,2,4]), "ids" (INT64 [1,2]), "names" (BYTES [1])`;
  for (
    const [choice, what] of [
      ["scores", `output "scores"`],
      [[-1, 7], "the output of shape [-1,7]"],
      [undefined, "the only output"],
      ["toString", `output "toString"`],
    ] as const
  ) {
    assert.throws(() => pickOutput(outputs, choice), {
      name: "TypeError",
      message: `Cannot pick ${what}: ${there}`,
    });
  }
  assert.throws(() => pickOutput({}), /^TypeError: Cannot pick the only output: .* no outputs$/);
});
