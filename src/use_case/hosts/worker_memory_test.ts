import assert from "node:assert/strict";
import { watchWorkerMemory } from "./worker_memory.ts";

Deno.test("watchWorkerMemory() tells the newest, once all together have taken more than they may", async () => {
  const told = { first: 0, newest: Promise.withResolvers<string>() };
  using _first = watchWorkerMemory(40, () => told.first++);
  using _newest = watchWorkerMemory(40, told.newest.resolve);
  const megabytes = 200;
  const taken = new Uint8Array(megabytes * 2 ** 20).fill(1);
  const line = await told.newest.promise;
  const [, held] = /^Sightline holds (\d+) MB more than when the first of 2 use cases/.exec(line) ??
    [];
  assert(Number(held) > 80, line);
  assert.equal(told.first, 0);
  assert.equal(taken.at(-1), 1);
});
