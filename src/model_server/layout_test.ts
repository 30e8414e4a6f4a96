import fc from "fast-check";
import assert from "node:assert/strict";
import { orderOf, parseLayouts, permuteShape, reorder } from "./layout.ts";

Deno.test("parseLayouts() reads one layout, or one for each name", () => {
  const nhwc = { client: "NHWC", model: "NCHW" };
  assert.deepEqual([...parseLayouts("NHWC:NCHW")], [["", nhwc]]);
  assert.deepEqual([...parseLayouts(" nhwc:nchw ")], [["", nhwc]]);
  assert.deepEqual([...parseLayouts("NC")], [["", { client: "NC", model: "NC" }]]);
  assert.deepEqual([...parseLayouts('{"a":"NHWC:NCHW"}')], [["a", nhwc]]);
  assert.deepEqual([...parseLayouts("{}")], []);
});

for (const text of ["", "NHWC:", "NHWC:NCH", "NHWC:NCHX", "NNHW", "N:N:N", "1", "{", '{"a":1}']) {
  Deno.test(`parseLayouts() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseLayouts(text), SyntaxError);
  });
}

Deno.test("reorder() moves every element to its place", () => {
  const data = Float32Array.of(0, 1, 2, 3, 4, 5);
  const tensor = { datatype: "FP32", shape: [1, 1, 2, 3], data } as const;
  assert.deepEqual(reorder(tensor, orderOf("NHWC", "NCHW")), {
    datatype: "FP32",
    shape: [1, 3, 1, 2],
    data: Float32Array.of(0, 3, 1, 4, 2, 5),
  });
  assert.equal(reorder(tensor, orderOf("NCHW", "NCHW")), tensor);
});

Deno.test("reorder() there and back changes nothing, whatever the shape", () => {
  const orders = fc.constantFrom("NHWC", "NCHW", "CHWN", "WHCN", "HNCW");
  const extents = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 4, maxLength: 4 });
  fc.assert(fc.property(orders, orders, extents, (from, to, shape) => {
    const count = shape.reduce((product, extent) => product * extent, 1);
    const data = BigInt64Array.from({ length: count }, (_, i) => BigInt(i));
    const there = reorder({ datatype: "INT64", shape, data }, orderOf(from, to));
    assert.deepEqual(there.shape, permuteShape(shape, orderOf(from, to) ?? [0, 1, 2, 3]));
    assert.deepEqual(reorder(there, orderOf(to, from)), { datatype: "INT64", shape, data });
  }));
});
