import assert from "node:assert/strict";
import { type Failure, supervise } from "./supervisor.ts";

const quick = { firstMs: 1, maxMs: 4, random: () => 0.5 };

Deno.test("supervise() runs a working attempt once", async () => {
  let runs = 0;
  const { signal } = new AbortController();
  await supervise(
    () => {
      runs++;
      return Promise.resolve();
    },
    { signal, limit: 0, onFailure: () => assert.fail("nothing failed") },
  );
  assert.equal(runs, 1);
});

Deno.test("supervise() tries again and tells of each failure", async () => {
  const failures: Failure[] = [];
  let runs = 0;
  const { signal } = new AbortController();
  await supervise(
    () => ++runs < 4 ? Promise.reject(new Error(`run ${runs}`)) : Promise.resolve(),
    { ...quick, signal, limit: 0, onFailure: (failure) => failures.push(failure) },
  );
  assert.deepEqual(
    failures.map(({ error, inRow, retryInMs }) => [(error as Error).message, inRow, retryInMs]),
    [["run 1", 1, 1], ["run 2", 2, 2], ["run 3", 3, 4]],
  );
});

Deno.test("supervise() gives up after the limit in a row and throws the last failure", async () => {
  let runs = 0;
  const { signal } = new AbortController();
  const supervised = supervise(
    () => Promise.reject(new Error(`run ${++runs}`)),
    { ...quick, signal, limit: 3, onFailure: () => {} },
  );
  await assert.rejects(supervised, new Error("run 3"));
});

Deno.test("supervise() counts from 1 again after an attempt that worked for a while", async () => {
  const inRow: number[] = [];
  let runs = 0;
  const { signal } = new AbortController();
  await supervise(
    (succeeded) => {
      if (++runs === 3) succeeded();
      return runs < 5 ? Promise.reject(new Error("lost")) : Promise.resolve();
    },
    { ...quick, signal, limit: 3, onFailure: (failure) => inRow.push(failure.inRow) },
  );
  assert.deepEqual(inRow, [1, 2, 1, 2]);
});

Deno.test("supervise() ends at once when aborted while it waits", async () => {
  const stop = new AbortController();
  await supervise(
    () => Promise.reject(new Error("absent")),
    { signal: stop.signal, limit: 0, firstMs: 60_000, onFailure: () => stop.abort() },
  );
});

Deno.test("supervise() is silent about an attempt that fails because it was aborted", async () => {
  const stop = new AbortController();
  await supervise(() => {
    stop.abort();
    return Promise.reject(new Error("broken off"));
  }, { signal: stop.signal, limit: 1, onFailure: () => assert.fail("it was aborted") });
});

Deno.test("supervise() waits no longer once it is told that the next attempt will do", async () => {
  let runs = 0;
  const asked: number[] = [];
  await supervise(() => ++runs < 3 ? Promise.reject(new Error("away")) : Promise.resolve(), {
    ...{ signal: new AbortController().signal, limit: 0, firstMs: 60_000, onFailure: () => {} },
    retryNow() {
      asked.push(runs);
      return AbortSignal.abort();
    },
  });
  assert.deepEqual([runs, asked], [3, [1, 2]]);
  const stop = new AbortController();
  const never = new AbortController();
  await supervise(() => Promise.reject(new Error("away")), {
    ...{ signal: stop.signal, limit: 0, firstMs: 60_000 },
    onFailure: () => void setTimeout(() => stop.abort()),
    retryNow: () => never.signal,
  });
});
