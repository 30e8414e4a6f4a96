import assert from "node:assert/strict";
import fc from "fast-check";
import { argmax } from "./argmax.ts";
import { sigmoid } from "./sigmoid.ts";
import { softmax } from "./softmax.ts";
import { topK } from "./top_k.ts";

const scores = fc.array(fc.float({ noNaN: true, min: -1000, max: 1000 }), { maxLength: 40 });

Deno.test("softmax() of hand-computed scores", () => {
  const shares = softmax([0, Math.log(2), Math.log(5)]);
  for (const [at, share] of [0.125, 0.25, 0.625].entries()) {
    assert.ok(Math.abs(shares[at]! - share) < 1e-7);
  }
});

Deno.test("softmax() stays finite with infinite scores", () => {
  assert.deepEqual([...softmax([Infinity, 0, Infinity])], [0.5, 0, 0.5]);
  assert.deepEqual([...softmax([-Infinity, 0])], [0, 1]);
  assert.deepEqual([...softmax([-Infinity, -Infinity])], [0.5, 0.5]);
  assert.deepEqual([...softmax([])], []);
});

Deno.test("softmax() adds up to 1 and keeps the order", () => {
  fc.assert(fc.property(scores, (given) => {
    const shares = softmax(given);
    if (given.length === 0) return;
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share) - 1) < 1e-5);
    assert.equal(shares[argmax(given)], Math.max(...shares));
  }));
});

Deno.test("sigmoid() at its ends and in the middle", () => {
  assert.equal(sigmoid(0), 0.5);
  assert.ok(Math.abs(sigmoid(Math.log(3)) - 0.75) < 1e-12);
  assert.deepEqual([sigmoid(-Infinity), sigmoid(Infinity)], [0, 1]);
});

Deno.test("argmax() takes the first of equal values and never NaN", () => {
  assert.equal(argmax([1, 3, 3, 2]), 1);
  assert.equal(argmax([NaN, 1, NaN]), 1);
  assert.equal(argmax([-Infinity, -Infinity]), 0);
  assert.equal(argmax([]), -1);
  assert.equal(argmax([NaN]), -1);
});

Deno.test("argmax() of a part gives the index in the whole", () => {
  assert.equal(argmax([9, 1, 2, 9], 1, 3), 2);
});

Deno.test("topK() ranks, the first of equal values first, and leaves out NaN", () => {
  assert.deepEqual(topK([1, NaN, 3, 3, 2], 3), [
    { index: 2, value: 3 },
    { index: 3, value: 3 },
    { index: 4, value: 2 },
  ]);
  assert.equal(topK([1, 2], 5).length, 2);
  assert.deepEqual(topK([1, 2], 0), []);
  assert.throws(() => topK([], 1.5), {
    name: "RangeError",
    message: "Cannot rank values: k is 1.5, allowed is a whole number from 0",
  });
});

Deno.test("topK() is the beginning of the sorted list", () => {
  fc.assert(fc.property(scores, fc.integer({ min: 0, max: 8 }), (given, k) => {
    const sorted = given.map((value, index) => ({ index, value }))
      .sort((a, b) => b.value - a.value || a.index - b.index);
    assert.deepEqual(topK(given, k), sorted.slice(0, k));
  }));
});
