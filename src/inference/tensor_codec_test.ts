import fc from "fast-check";
import assert from "node:assert/strict";
import type { Tensor } from "../frame/tensor.ts";
import {
  checkDataType,
  checkOutput,
  checkShape,
  checkTensor,
  decodeTensor,
  elementCount,
  encodeTensor,
  splitByteStrings,
} from "./tensor_codec.ts";

Deno.test("splitByteStrings() is the reverse of BYTES encoding", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array()), (data) => {
    const bytes = encodeTensor("x", { datatype: "BYTES", shape: [data.length], data });
    assert.deepEqual(splitByteStrings(bytes), data);
  }));
});

Deno.test("splitByteStrings() takes any bytes without an error, and never reads past them", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    const strings = splitByteStrings(bytes);
    const size = strings?.reduce((sum, item) => sum + 4 + item.byteLength, 0);
    assert.ok(size === undefined || size === bytes.byteLength);
  }));
  assert.equal(splitByteStrings(Uint8Array.of(1, 0, 0)), null);
  assert.equal(splitByteStrings(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1)), null);
  assert.deepEqual(splitByteStrings(new Uint8Array()), []);
});

Deno.test("checkShape() takes whole extents, and shows of a shape that is too long its beginning", () => {
  assert.deepEqual(checkShape("y", ["1", 2, "0"]), [1, 2, 0]);
  for (const shape of [[-1], [1.5], ["x"], [2 ** 53]]) {
    assert.throws(() => checkShape("y", shape), { reason: "server_error" });
  }
  assert.throws(() => checkShape("y", new Array(65).fill(1)), {
    message: `Cannot read output y: its shape is [${new Array(64).fill(1).join()}]`,
  });
});

Deno.test("checkShape() takes 64 dimensions and extents up to what a number holds", () => {
  const shape = [...new Array(63).fill(1), Number.MAX_SAFE_INTEGER];
  assert.deepEqual(checkShape("y", shape), shape);
});

Deno.test("elementCount() is the product of the extents, and 1 of a number by itself", () => {
  assert.deepEqual([[2, 3, 4], [5, 0], []].map(elementCount), [24, 0, 1]);
});

Deno.test("decodeTensor() gives back what encodeTensor() wrote, wherever it lies in memory", () => {
  const tensors: Tensor[] = [
    { datatype: "FP32", shape: [2, 1], data: Float32Array.of(0.5, -1) },
    { datatype: "INT64", shape: [1], data: BigInt64Array.of(-7n) },
    { datatype: "UINT8", shape: [3], data: Uint8Array.of(1, 2, 3) },
    { datatype: "BYTES", shape: [2], data: [Uint8Array.of(9), new Uint8Array()] },
    { datatype: "FP32", shape: [0], data: new Float32Array() },
  ];
  for (const tensor of tensors) {
    const { datatype, shape } = tensor;
    const bytes = encodeTensor("x", tensor);
    for (const offset of [0, 1, 4, 8]) {
      const moved = new Uint8Array(offset + bytes.byteLength + 3).subarray(offset);
      moved.set(bytes);
      const exact = moved.subarray(0, bytes.byteLength);
      assert.deepEqual(decodeTensor("y", datatype, shape, exact), tensor, `${datatype} ${offset}`);
      if (datatype === "FP32" && offset % 4 === 0) {
        const { data } = decodeTensor("y", datatype, shape, exact);
        assert.equal((data as Float32Array).buffer, exact.buffer, "it is not copied");
      }
    }
  }
});

Deno.test("encodeTensor() sends the elements of a view, and no more of its memory", () => {
  const data = Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 4);
  const bytes = encodeTensor("x", { datatype: "UINT8", shape: [3], data });
  assert.deepEqual([...bytes], [2, 3, 4]);
  assert.equal(bytes.buffer, data.buffer);
});

const refusedOutputs: [datatype: string, shape: number[], bytes: number[], error: object][] = [
  ["FP32", [2], [0, 0, 0, 0], {
    reason: "server_error",
    message: "Cannot read output y: 4 bytes came for FP32 [2]",
  }],
  ["BYTES", [2], [1, 0, 0, 0, 65], {
    reason: "server_error",
    message: "Cannot read output y: 1 elements came for BYTES [2]",
  }],
  ["BYTES", [1], [2, 0, 0, 0, 65], {
    reason: "server_error",
    message: "Cannot read output y: its byte strings run past the 5 bytes",
  }],
  ["FP4", [1], [0], {
    reason: "unsupported",
    message: "Cannot use tensor y: its datatype FP4 is unknown",
  }],
];
for (const [datatype, shape, bytes, error] of refusedOutputs) {
  Deno.test(`decodeTensor() refuses ${bytes.length} bytes for ${datatype} [${shape}]`, () => {
    assert.throws(() => decodeTensor("y", datatype, shape, Uint8Array.from(bytes)), error);
  });
}

Deno.test("checkTensor() refuses data that do not fit datatype and shape", () => {
  const data = Uint8Array.of(1, 2);
  const good: Tensor = { datatype: "UINT8", shape: [2], data };
  assert.equal(checkTensor("x", good), good);
  const rows: [tensor: Tensor, problem: string][] = [
    [{ ...good, datatype: "FP32" }, "its datatype is FP32, its data are Uint8Array"],
    [{ ...good, datatype: "BYTES" }, "its datatype is BYTES, its data are Uint8Array"],
    [{ ...good, data: [data, data] }, "its datatype is UINT8, its data are Array"],
    [{ ...good, shape: [2, 2] }, "it has 2 elements for shape [2,2]"],
    [{ datatype: "BYTES", shape: [2], data: [data] }, "it has 1 elements for shape [2]"],
  ];
  for (const [tensor, problem] of rows) {
    const message = `Cannot send input x: ${problem}`;
    assert.throws(() => checkTensor("x", tensor), { reason: "invalid_input", message });
  }
});

Deno.test("checkOutput() and checkDataType() take what is right, and nothing else", () => {
  const good: Tensor = { datatype: "UINT8", shape: [2], data: Uint8Array.of(1, 2) };
  assert.equal(checkOutput("y", good), good);
  assert.throws(() => checkOutput("y", { ...good, shape: [3] }), {
    reason: "server_error",
    message: "Cannot read output y: 2 elements came for UINT8 [3]",
  });
  assert.equal(checkDataType("y", "BYTES"), "BYTES");
  assert.equal(checkDataType("y", "FP16"), "FP16");
  for (const datatype of ["toString", "", "fp32"]) {
    assert.throws(() => checkDataType("y", datatype), { reason: "unsupported" });
  }
});
