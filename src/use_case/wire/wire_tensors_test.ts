import assert from "node:assert/strict";
import type { Tensors } from "../../frame/tensor.ts";
import { fromWire, own, toWire } from "./wire_tensors.ts";

Deno.test("toWire() names what a plugin returned for a tensor that is none", () => {
  const tensor = { datatype: "FP32", shape: [1] };
  const wrong = [5, null, undefined, "x", {}, tensor, { ...tensor, data: 5 }, {
    ...tensor,
    data: [5],
  }, { ...tensor, data: [new Uint8Array(1), 5] }];
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
    single: { datatype: "UINT8", shape: [], data: new Uint8Array([9]) },
    many: { datatype: "INT64", shape: [2, 0, 3], data: new BigInt64Array(0) },
    ["__proto__"]: { datatype: "INT16", shape: [1, 2], data: new Int16Array([3, 4]) },
  };
  const { headers, buffers } = toWire(tensors);
  assert.deepEqual(fromWire(headers, buffers), tensors);
});

Deno.test("toWire() hands a tensor's own memory over, and copies what others look at as well", () => {
  const whole = new Float32Array([1, 2]);
  const [first, second] = [whole, whole.subarray(1)];
  const behind = new Uint8Array([0, 7, 8]).subarray(1);
  const shared = new Uint8Array(new SharedArrayBuffer(1)).fill(5);
  const { buffers } = toWire({
    first: { datatype: "FP32", shape: [2], data: first },
    again: { datatype: "FP32", shape: [2], data: first },
    second: { datatype: "FP32", shape: [1], data: second },
    behind: { datatype: "UINT8", shape: [2], data: behind },
    shared: { datatype: "UINT8", shape: [1], data: shared },
  } as unknown as Tensors);
  assert.equal(buffers[0]!.buffer, whole.buffer);
  const memories = new Set<ArrayBufferLike>(buffers.map(({ buffer }) => buffer));
  assert.equal(memories.size, 5, "each can be handed over");
  for (const { buffer } of [behind, shared]) assert.ok(!memories.has(buffer));
  assert.deepEqual(buffers.map(({ byteLength }) => byteLength), [8, 8, 4, 2, 1]);
  assert.deepEqual(buffers.slice(2).map((bytes) => [...bytes]), [
    [...new Uint8Array(Float32Array.of(2).buffer)],
    [7, 8],
    [5],
  ]);
  // A view of the first bytes is not all of its memory.
  assert.notEqual(own(new Uint8Array(3).subarray(0, 2)).buffer.byteLength, 3);
});

Deno.test("toWire() holds the tensors of a frame to their bytes, all together", () => {
  const tensors: Tensors = {
    one: { datatype: "FP32", shape: [2], data: new Float32Array(2) },
    two: { datatype: "BYTES", shape: [2], data: [new Uint8Array(1), new Uint8Array(2)] },
  };
  assert.equal(toWire(tensors, 11).buffers.length, 3);
  assert.throws(() => toWire(tensors, 10), {
    name: "UseCaseError",
    message: /they have 11 bytes or more, allowed are up to 10 /,
  });
});

Deno.test("toWire() says that memory was handed over already, not that a tensor is empty", () => {
  const data = new Float32Array(2);
  structuredClone(null, { transfer: [data.buffer] });
  assert.throws(() => toWire({ image: { datatype: "FP32", shape: [2], data } }), {
    name: "UseCaseError",
    message: /tensor "image": its memory was handed over with an earlier frame/,
  });
});

const header = { name: "x", datatype: "FP32", shape: [2], buffers: 1 };
const bytes = (count: number) => new Uint8Array(count);

Deno.test("fromWire() takes what is just within its bounds", () => {
  const deep = Array(16).fill(1);
  for (
    const [headers, buffers] of [
      [Array(64).fill({ ...header, shape: [0] }), Array(64).fill(bytes(0))],
      [[{ ...header, name: "n".repeat(256) }], [bytes(8)]],
      [[{ ...header, shape: deep }], [bytes(4)]],
      [
        [{ ...header, datatype: "BYTES", shape: [100, 100], buffers: 10_000 }],
        Array(10_000).fill(bytes(0)),
      ],
    ]
  ) fromWire(headers, buffers!);
});

Deno.test("fromWire() leaves elements where they lie, if that is on a boundary of their size", () => {
  const message = new Uint8Array(12);
  for (const begin of [0, 4]) {
    const data = fromWire([header], [message.subarray(begin, begin + 8)])["x"]!
      .data as Float32Array;
    assert.deepEqual([data.buffer, data.byteOffset], [message.buffer, begin]);
  }
});

Deno.test("fromWire() takes elements that lie on no boundary of their size", () => {
  const message = new Uint8Array(9);
  message.set(new Uint8Array(Float32Array.of(1, 2).buffer), 1);
  const { x } = fromWire([header], [message.subarray(1)]);
  assert.deepEqual(x!.data, Float32Array.of(1, 2));
});

Deno.test("fromWire() names what does not fit, whatever a guest says", () => {
  const cases: [unknown, Uint8Array<ArrayBuffer>[], RegExp][] = [
    [undefined, [], /allowed is a list of up to 64/],
    [{ length: 1 }, [], /allowed is a list of up to 64/],
    [Array(65).fill({ ...header, shape: [0] }), Array(65).fill(bytes(0)), /a list of up to 64/],
    [[null], [], /its name must be text of up to 256 characters/],
    [[{ ...header, name: 5 }], [bytes(8)], /its name must be text/],
    [[{ ...header, name: "n".repeat(257) }], [bytes(8)], /its name must be text/],
    [[{ ...header, datatype: "FP8" }], [bytes(8)], /tensor "x": FP8 is no element type/],
    [[{ ...header, datatype: "toString" }], [bytes(8)], /toString is no element type/],
    ...[undefined, "2", [2.5], [-1], ["2"], [NaN], Array(17).fill(1)].map((
      shape,
    ): [unknown, Uint8Array<ArrayBuffer>[], RegExp] => [
      [{ ...header, shape }],
      [bytes(8)],
      /its shape must be up to 16 whole numbers from 0/,
    ]),
    [[{ ...header, buffers: 2 }], [bytes(4), bytes(4)], /does not fit its shape \[2\]/],
    [[{ ...header, datatype: "BYTES", shape: [3, 4] }], [bytes(8)], /fit its shape \[3,4\]/],
    [
      [{ ...header, datatype: "BYTES", shape: [10_001], buffers: 10_001 }],
      Array(10_001).fill(bytes(0)),
      /does not fit its shape/,
    ],
    [[header], [bytes(12)], /it has 12 bytes, FP32 \[2\] takes 8/],
    [[header], [bytes(4)], /it has 4 bytes, FP32 \[2\] takes 8/],
    [[header], [], /it has 0 bytes, FP32 \[2\] takes 8/],
    [[{ ...header, shape: [0] }], [], /it has 0 bytes, FP32 \[0\] takes 0/],
  ];
  for (const [headers, buffers, message] of cases) {
    assert.throws(() => fromWire(headers, buffers), { name: "UseCaseError", message });
  }
});
