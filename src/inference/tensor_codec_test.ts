import fc from "fast-check";
import assert from "node:assert/strict";
import { checkShape, encodeTensor, splitByteStrings } from "./tensor_codec.ts";

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
