import assert from "node:assert/strict";
import { BoundedQueue } from "./bounded_queue.ts";

Deno.test("BoundedQueue gives items in the order in which they came", async () => {
  const queue = new BoundedQueue<number>(3);
  for (const item of [1, 2, 3]) assert.equal(queue.push(item), undefined);
  assert.deepEqual([await queue.take(), await queue.take(), await queue.take()], [1, 2, 3]);
});

Deno.test("BoundedQueue drops the oldest when full and says which", async () => {
  const queue = new BoundedQueue<number>(2);
  queue.push(1);
  queue.push(2);
  assert.equal(queue.push(3), 1);
  assert.equal(queue.size, 2);
  assert.equal(await queue.take(), 2);
});

Deno.test("BoundedQueue hands an item straight to whoever waits", async () => {
  const queue = new BoundedQueue<string>(1);
  const first = queue.take();
  const second = queue.take();
  queue.push("a");
  queue.push("b");
  assert.deepEqual(await Promise.all([first, second]), ["a", "b"]);
  assert.equal(queue.size, 0);
});

Deno.test("BoundedQueue.space() waits until an item was taken", async () => {
  const queue = new BoundedQueue<number>(1);
  queue.push(1);
  let free = false;
  const space = queue.space().then(() => free = true);
  await Promise.resolve();
  assert.equal(free, false);
  await queue.take();
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
  assert.equal(await queue.take(), 1);
  assert.equal(await queue.take(), undefined);
});

Deno.test("BoundedQueue.close() releases a waiting take()", async () => {
  const queue = new BoundedQueue<number>(1);
  const taken = queue.take();
  queue.close();
  assert.equal(await taken, undefined);
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
