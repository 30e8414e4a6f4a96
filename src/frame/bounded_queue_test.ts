import assert from "node:assert/strict";
import fc from "fast-check";
import { BoundedQueue } from "./bounded_queue.ts";

async function next<T>(queue: BoundedQueue<T>): Promise<T | undefined> {
  return await queue.arrival() ? queue.take() : undefined;
}

Deno.test("BoundedQueue gives items in the order in which they came", async () => {
  const queue = new BoundedQueue<number>(3);
  for (const item of [1, 2, 3]) assert.equal(queue.push(item), undefined);
  assert.deepEqual([await next(queue), await next(queue), await next(queue)], [1, 2, 3]);
});

Deno.test("BoundedQueue drops the oldest when full and says which", async () => {
  const queue = new BoundedQueue<number>(2);
  queue.push(1);
  queue.push(2);
  assert.equal(queue.push(3), 1);
  assert.equal(queue.size, 2);
  assert.equal(await next(queue), 2);
});

Deno.test("BoundedQueue promises one item to each that waits", async () => {
  const queue = new BoundedQueue<string>(2);
  const first = next(queue);
  const second = next(queue);
  queue.push("a");
  queue.push("b");
  assert.deepEqual(await Promise.all([first, second]), ["a", "b"]);
  assert.equal(queue.size, 0);
});

Deno.test("BoundedQueue hands out what is there by then, when what was promised was evicted", async () => {
  const queue = new BoundedQueue<number>(1);
  queue.push(1);
  assert.equal(await queue.arrival(), true);
  assert.equal(queue.push(2), 1);
  assert.equal(queue.take(), 2);
});

Deno.test("BoundedQueue.narrow() evicts all but the newest, and widens again", async () => {
  const queue = new BoundedQueue<number>(3);
  for (const item of [1, 2, 3]) queue.push(item);
  assert.equal(await queue.arrival(), true);
  assert.equal(await queue.arrival(), true);
  assert.deepEqual(queue.narrow(1), [1, 2]);
  assert.deepEqual([queue.take(), queue.take()], [3, undefined]);
  assert.deepEqual(queue.narrow(9), []);
  for (const item of [4, 5, 6]) assert.equal(queue.push(item), undefined);
  assert.equal(queue.push(7), 4);
});

Deno.test("BoundedQueue.space() waits until an item was taken", async () => {
  const queue = new BoundedQueue<number>(1);
  queue.push(1);
  let free = false;
  const space = queue.space().then(() => free = true);
  await Promise.resolve();
  assert.equal(free, false);
  await next(queue);
  await space;
  assert.equal(free, true);
});

Deno.test("BoundedQueue.close() ends those who wait and keeps what is inside", async () => {
  const queue = new BoundedQueue<number>(1);
  queue.push(1);
  const space = queue.space();
  queue.close();
  await space;
  assert.equal(queue.push(2), 2);
  assert.equal(await next(queue), 1);
  assert.equal(await queue.arrival(), false);
});

Deno.test("BoundedQueue.close() releases a waiting arrival()", async () => {
  const queue = new BoundedQueue<number>(1);
  const arrived = queue.arrival();
  queue.close();
  assert.equal(await arrived, false);
});

Deno.test("BoundedQueue.clear() takes out what waits, and makes room", async () => {
  const queue = new BoundedQueue<number>(2);
  queue.push(1);
  queue.push(2);
  const space = queue.space();
  assert.deepEqual(queue.clear(), [1, 2]);
  await space;
  assert.equal(queue.size, 0);
});

Deno.test("BoundedQueue refuses a capacity below 1", () => {
  assert.throws(() => new BoundedQueue(0), {
    name: "RangeError",
    message: "Cannot make a queue: capacity 0 is not a whole number from 1",
  });
});

Deno.test("BoundedQueue: whatever happens, each item comes out once and in order, in bounds", async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant("push" as const) },
    { weight: 2, arbitrary: fc.constant("take" as const) },
    { weight: 2, arbitrary: fc.constant("arrive" as const) },
    fc.integer({ min: 1, max: 6 }),
  );
  await fc.assert(fc.asyncProperty(fc.nat(5), fc.array(step), async (extra, steps) => {
    const queue = new BoundedQueue<number>(extra + 1);
    const [taken, evicted]: [number[], number[]] = [[], []];
    let pushed = 0;
    let promised = 0;
    for (const step of steps) {
      if (step === "push") evicted.push(queue.push(pushed++) ?? NaN);
      else if (step === "arrive") queue.arrival().then((there) => promised += Number(there));
      else if (step !== "take") evicted.push(...queue.narrow(step));
      else if (promised-- > 0) taken.push(queue.take() ?? NaN);
      else promised = 0;
      await Promise.resolve();
      assert.ok(queue.size <= queue.capacity);
    }
    queue.close();
    const out = [taken, evicted].map((items) => items.filter((item) => !Number.isNaN(item)));
    for (const items of out) assert.deepEqual(items, items.toSorted((a, b) => a - b));
    const all = [...out.flat(), ...queue.clear()].toSorted((a, b) => a - b);
    assert.deepEqual(all, Array.from({ length: pushed }, (_, i) => i));
  }));
});

Deno.test("BoundedQueue promises no item twice, one that came to a waiting taker included", async () => {
  const queue = new BoundedQueue<number>(3);
  const first = queue.arrival();
  queue.push(1);
  assert.equal(await first, true);
  const second = queue.arrival();
  queue.close();
  assert.equal(await second, false);
});
