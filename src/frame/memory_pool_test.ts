import { equal, notEqual } from "node:assert/strict";
import { MemoryPool } from "./memory_pool.ts";

Deno.test("MemoryPool gives memory that is large enough, and keeps no more than it may", () => {
  const pool = new MemoryPool(2);
  const [small, large, third] = [10, 100, 50].map((length) => pool.take(length));
  for (const { buffer } of [small!, large!, third!]) pool.give(buffer);
  // The one that was given first had to go.
  notEqual(pool.take(10).buffer, small!.buffer);
  const again = new MemoryPool(2);
  again.give(small!.buffer);
  again.give(large!.buffer);
  const taken = again.take(40);
  equal(taken.buffer, large!.buffer);
  equal(taken.byteLength, 40);
  notEqual(again.take(40).buffer, large!.buffer, "it is in use");
});

Deno.test("MemoryPool keeps no buffer that was transferred", () => {
  const pool = new MemoryPool(1);
  const { buffer } = pool.take(10);
  structuredClone(buffer, { transfer: [buffer] });
  pool.give(buffer);
  equal(pool.take(0).buffer.detached, false);
});

Deno.test("MemoryPool takes a buffer that is just large enough", () => {
  const pool = new MemoryPool(1);
  const { buffer } = pool.take(10);
  pool.give(buffer);
  equal(pool.take(10).buffer, buffer);
});
