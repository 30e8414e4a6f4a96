import { equal } from "node:assert/strict";
import type { Tensor, Tensors } from "../frame/tensor.ts";
import { RequestPrefixCache } from "./request_prefix_cache.ts";

Deno.test("RequestPrefixCache tells kinds of inputs apart by names, types, shapes and their order", () => {
  const kinds: Tensors[] = [
    { x: bytes([2, 1]), y: bytes([2]) },
    { x: bytes([1, 2]) },
    { x: bytes([2, 1]) },
    {},
    { x: bytes([1, 2, 1]) },
    { x: { ...bytes([1, 2]), datatype: "BOOL" } },
    { y: bytes([1, 2]) },
    { x: bytes([1, 2]), y: bytes([2]) },
    { y: bytes([2]), x: bytes([1, 2]) },
  ];
  const cache = new RequestPrefixCache<number>();
  for (const [number, kind] of kinds.entries()) equal(cache.get(kind, () => number), number);
  for (const [number, kind] of kinds.entries()) {
    equal(cache.get(structuredClone(kind), miss), number);
  }
});

Deno.test("RequestPrefixCache keeps the newest kinds, and is not misled by a shape that changes", () => {
  const cache = new RequestPrefixCache<number>();
  const shape = [0];
  for (let extent = 0; extent < 100; extent++) {
    shape[0] = extent;
    equal(cache.get({ x: bytes(shape) }, () => extent), extent);
  }
  equal(cache.get({ x: bytes([99]) }, miss), 99);
  equal(cache.get({ x: bytes([0]) }, () => -1), -1);
});

function bytes(shape: readonly number[]): Tensor {
  return { datatype: "UINT8", shape, data: new Uint8Array() };
}

function miss(): number {
  throw new Error("it was known");
}

Deno.test("RequestPrefixCache keeps 16 kinds, and gives up the oldest for one more", () => {
  const cache = new RequestPrefixCache<number>();
  for (let extent = 0; extent < 16; extent++) cache.get({ x: bytes([extent]) }, () => extent);
  equal(cache.get({ x: bytes([0]) }, miss), 0);
  cache.get({ x: bytes([16]) }, () => 16);
  equal(cache.get({ x: bytes([1]) }, miss), 1);
  equal(cache.get({ x: bytes([0]) }, () => -1), -1);
});
