import { deepEqual, equal, notEqual } from "node:assert/strict";
import fc from "fast-check";
import type { ModelMetadata } from "../../frame/model.ts";
import type { Tensor, Tensors } from "../../frame/tensor.ts";
import { batchKey, joinRequests, rowsOf, splitAnswer, whyUnbatchable } from "./tensor_batch.ts";

const take = (length: number) => new Uint8Array(length);

/** A request of so many rows of two numbers, one of 64 bits, and a text each. */
function request(rows: number, begin: number): Tensors {
  const count = (each: number) => Array.from({ length: rows * each }, (_, at) => begin + at);
  return {
    pair: { datatype: "FP32", shape: [rows, 2], data: Float32Array.from(count(2)) },
    id: { datatype: "INT64", shape: [rows], data: BigInt64Array.from(count(1), BigInt) },
    text: {
      datatype: "BYTES",
      shape: [rows, 1],
      data: count(1).map((number) => new TextEncoder().encode(String(number))),
    },
  };
}

Deno.test("requests that are joined come apart again, each with its own rows", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }), (rows) => {
    const requests = rows.map((count, index) => request(count, 100 * index));
    const joined = joinRequests(requests, take);
    const total = rows.reduce((sum, count) => sum + count, 0);
    deepEqual(Object.values(joined).map(({ shape }) => shape), [[total, 2], [total], [total, 1]]);
    deepEqual(splitAnswer(joined, rows), requests);
  }));
});

Deno.test("joinRequests() copies numbers into the memory that it is given, from wherever they lie", () => {
  const memory = new Uint8Array(1000);
  const lent = memory.subarray(8);
  const whole = Float32Array.of(9, 1, 2, 9);
  const part = (data: Float32Array): Tensors => ({
    x: { datatype: "FP32", shape: [2], data } as Tensor,
  });
  const { x } = joinRequests(
    [part(whole.subarray(1, 3)), part(Float32Array.of(3, 4))],
    (length) => {
      equal(length, 16);
      return lent.subarray(0, length);
    },
  );
  deepEqual([...x!.data as Float32Array], [1, 2, 3, 4]);
  deepEqual([(x!.data as Float32Array).buffer, (x!.data as Float32Array).byteOffset], [
    memory.buffer,
    8,
  ]);
});

Deno.test("splitAnswer() gives no request anything where the rows are others than were asked", () => {
  const answer = { y: { datatype: "FP32", shape: [3, 1], data: new Float32Array(3) } } as Tensors;
  equal(splitAnswer(answer, [1, 2])?.length, 2);
  for (const rows of [[1, 1], [2, 2]]) equal(splitAnswer(answer, rows), null);
  const more = { datatype: "FP32", shape: [2], data: new Float32Array(2) } as const;
  equal(splitAnswer({ ...answer, more }, [1, 2]), null);
});

Deno.test("rowsOf() is what all inputs have in common", () => {
  const tensor = (...shape: number[]): Tensor => ({
    datatype: "UINT8",
    shape,
    data: new Uint8Array(),
  });
  equal(rowsOf({ a: tensor(3, 2), b: tensor(3) }), 3);
  for (
    const inputs of [
      { a: tensor(3), b: tensor(2) },
      { a: tensor(3), b: tensor() },
      { a: tensor() },
      {},
    ]
  ) {
    equal(rowsOf(inputs as unknown as Tensors), null);
  }
});

Deno.test("batchKey() tells apart what cannot be joined, and nothing else", () => {
  const key = batchKey(request(1, 0));
  equal(batchKey(request(4, 7)), key);
  const { pair, ...others } = request(1, 0);
  for (
    const other of [
      others,
      { ...others, other: pair! },
      { ...others, pair: { ...pair!, shape: [1, 2, 1] } },
      { ...others, pair: { ...pair!, datatype: "FP16" } },
    ]
  ) notEqual(batchKey(other as Tensors), key);
});

Deno.test("whyUnbatchable() names what is fixed of a model", () => {
  const spec = (name: string, ...shape: number[]) => ({ name, datatype: "FP32", shape } as const);
  const of = (inputs: ModelMetadata["inputs"], outputs: ModelMetadata["outputs"]) =>
    whyUnbatchable({ name: "m", inputs, outputs });
  equal(of([spec("a", -1, 3), spec("b", -1)], [spec("y", -1)]), null);
  equal(of([], []), "it has no inputs");
  equal(of([spec("a", -1), spec("b", 1, 3)], []), "its input b has the fixed shape [1,3]");
  equal(of([spec("a", -1)], [spec("y", 4)]), "its output y has the fixed shape [4]");
  equal(of([spec("a")], []), "its input a has the fixed shape []");
});

Deno.test("rowsOf() is what all inputs have in common, and null where they differ or there are none", () => {
  const ofRows = (...rows: readonly number[]): Tensors =>
    Object.fromEntries(rows.map((count, index) => [`x${index}`, request(count, 0)["pair"]!]));
  const cases = [[[], null], [[2], 2], [[2, 2, 2], 2], [[2, 2, 3], null], [
    [3, 2, 2],
    null,
  ]] as const;
  for (const [rows, common] of cases) equal(rowsOf(ofRows(...rows)), common);
});
