import assert from "node:assert/strict";
import type { Tensors } from "../../frame/tensor.ts";
import { fromWire, toWire } from "./wire_tensors.ts";

Deno.test("toWire() names what a plugin returned for a tensor that is none", () => {
  const tensor = { datatype: "FP32", shape: [1] };
  const wrong = [5, null, undefined, "x", {}, tensor, { ...tensor, data: 5 }, {
    ...tensor,
    data: [5],
  }];
  for (const image of wrong) {
    assert.throws(() => toWire({ image } as unknown as Tensors), {
      name: "UseCaseError",
      message:
        'Cannot use tensor "image": it must be {datatype, shape, data}, its data a typed array ' +
        "or, of BYTES, a list of Uint8Array",
    });
  }
});

Deno.test("fromWire() puts together what toWire() took apart", () => {
  const tensors: Tensors = {
    numbers: { datatype: "FP32", shape: [2], data: new Float32Array([1, 2]) },
    texts: { datatype: "BYTES", shape: [2], data: [new Uint8Array([1]), new Uint8Array([2, 3])] },
    none: { datatype: "BYTES", shape: [0], data: [] },
  };
  const { headers, buffers } = toWire(tensors);
  assert.deepEqual(fromWire(headers, buffers), tensors);
});
