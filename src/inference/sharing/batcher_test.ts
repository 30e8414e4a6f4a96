import { deepEqual, equal, rejects } from "node:assert/strict";
import type { Tensor } from "../../frame/tensor.ts";
import { InferenceError } from "../inference.ts";
import { Doubler, floats, open, refusal, turnOfTheLoop } from "../../../tests/support/doubler.ts";

Deno.test("Batcher sends as one what comes within the wait, and each gets its own rows back", async () => {
  const model = new Doubler();
  using batcher = open(model, { maxSize: 8 });
  const answers = await Promise.all([
    batcher.infer(floats([1], [2])),
    batcher.infer(floats([3])),
    batcher.infer({ x: { datatype: "FP32", shape: [1, 2], data: Float32Array.of(4, 5) } }),
    batcher.infer(floats([6])),
  ]);
  deepEqual(answers.map(({ y }) => [y?.shape, [...y?.data as Float32Array]]), [
    [[2, 1], [2, 4]],
    [[1, 1], [6]],
    [[1, 2], [8, 10]],
    [[1, 1], [12]],
  ]);
  // Another width cannot be in the same request.
  deepEqual(model.shapes, [[4, 1], [1, 2]]);
});

Deno.test("Batcher sends what is full at once, and gathers while all its requests are on their way", async () => {
  const model = new Doubler({ held: true });
  using batcher = open(model, { maxSize: 3, maxWaitMs: 60_000, maxInFlight: 1 });
  const answers = Array.from({ length: 6 }, (_, index) => batcher.infer(floats([index])));
  await model.arrived(1);
  deepEqual(model.shapes, [[3, 1]]);
  model.release();
  await Promise.all(answers);
  deepEqual(model.shapes, [[3, 1], [3, 1]]);
});

Deno.test("Batcher lets one give up without a loss to the others", async () => {
  const model = new Doubler({ held: true });
  using batcher = open(model, { maxSize: 2, maxWaitMs: 60_000, maxInFlight: 1 });
  const [early, late, all] = [new AbortController(), new AbortController(), new AbortController()];
  const sent = [
    batcher.infer(floats([1])),
    batcher.infer(floats([2]), { signal: early.signal }),
  ];
  const gathering = batcher.infer(floats([3]), { signal: late.signal });
  late.abort();
  early.abort();
  await rejects(sent[1]!, { name: "InferenceError", reason: "cancelled" });
  await rejects(gathering, { name: "InferenceError", reason: "cancelled" });
  const next = [batcher.infer(floats([4])), batcher.infer(floats([5]))];
  model.release();
  deepEqual((await sent[0]!)["y"]?.data, Float32Array.of(2));
  await Promise.all(next);
  deepEqual(model.shapes, [[2, 1], [2, 1]]);
  model.hold();
  const both = [6, 7].map((value) => batcher.infer(floats([value]), { signal: all.signal }));
  all.abort();
  await Promise.all(both.map((one) => rejects(one, { reason: "cancelled" })));
  equal(model.aborted, 1);
});

Deno.test("Batcher tells all of a failure, and of one's own fault only that one", async () => {
  const model = new Doubler();
  using batcher = open(model, { maxSize: 8 });
  model.failure = () => new InferenceError("unavailable", "away", "");
  await Promise.all([1, 2].map((value) => {
    return rejects(batcher.infer(floats([value])), { reason: "unavailable" });
  }));
  deepEqual(model.shapes, [[2, 1]], "smaller requests would fare no better");
  // 13 is refused whatever comes with it; that says nothing against batches.
  model.failure = ({ x }) => [...x!.data as Float32Array].includes(13) ? refusal() : null;
  const bad: Tensor = { datatype: "FP32", shape: [1, 1], data: new Float32Array(2) };
  const [one, unlucky, wrong] = await Promise.allSettled([
    batcher.infer(floats([1])),
    batcher.infer(floats([13])),
    batcher.infer({ x: bad }),
  ]);
  equal(one.status, "fulfilled");
  equal((unlucky as PromiseRejectedResult).reason.reason, "invalid_input");
  equal((wrong as PromiseRejectedResult).reason.reason, "invalid_input");
  await turnOfTheLoop();
  deepEqual([batcher.active, batcher.size], [true, 8]);
});

Deno.test("Batcher sends what came within the wait, though another request fits no more", async () => {
  const model = new Doubler();
  using batcher = open(model, { maxSize: 3, maxWaitMs: 60_000 });
  const answers = [batcher.infer(floats([1], [2])), batcher.infer(floats([3], [4]))];
  await answers[0];
  deepEqual(model.shapes, [[2, 1]]);
  // The second waits for one row more.
  await batcher.infer(floats([5]));
  await answers[1];
  deepEqual(model.shapes, [[2, 1], [3, 1]]);
});

Deno.test("Batcher gives the rows of one that left to the next", async () => {
  const model = new Doubler();
  using batcher = open(model, { maxSize: 4, maxWaitMs: 60_000 });
  const given = new AbortController();
  const left = batcher.infer(floats([1], [2]), { signal: given.signal });
  const stays = batcher.infer(floats([3]));
  given.abort();
  await rejects(left, { reason: "cancelled" });
  const last = batcher.infer(floats([4], [5], [6]));
  await Promise.all([stays, last]);
  deepEqual(model.shapes, [[4, 1]]);
});

Deno.test("Batcher that is closed refuses what waits, and asks for nothing that was given up before", async () => {
  const model = new Doubler();
  const batcher = open(model, { maxSize: 4, maxWaitMs: 60_000 });
  await rejects(batcher.infer(floats([1]), { signal: AbortSignal.abort() }), {
    reason: "cancelled",
  });
  const waiting = [batcher.infer(floats([1])), batcher.infer(floats([2]))];
  batcher[Symbol.dispose]();
  for (const one of waiting) {
    await rejects(one, { reason: "cancelled", message: "Cannot ask doubler: it was closed" });
  }
  deepEqual(model.shapes, []);
});

Deno.test("Batcher has no more requests on their way than it may, and sends the oldest next", async () => {
  const model = new Doubler({ held: true });
  using batcher = open(model, { maxSize: 1, maxInFlight: 2, maxWaitMs: 60_000 });
  const answers = [1, 2, 3, 4].map((value) => batcher.infer(floats([value])));
  await turnOfTheLoop();
  equal(model.shapes.length, 2);
  model.release();
  deepEqual((await Promise.all(answers)).map(({ y }) => [...y!.data as Float32Array]), [
    ...[[2], [4], [6], [8]],
  ]);
});

Deno.test("Batcher goes on with what gathers when all that is on its way is given up", async () => {
  const model = new Doubler({ held: true });
  using batcher = open(model, { maxSize: 2, maxWaitMs: 60_000, maxInFlight: 1 });
  const given = new AbortController();
  const sent = [1, 2].map((value) => batcher.infer(floats([value]), { signal: given.signal }));
  const gathering = batcher.infer(floats([3]));
  given.abort();
  for (const one of sent) await rejects(one, { reason: "cancelled" });
  model.release();
  const last = batcher.infer(floats([4]));
  deepEqual([...(await gathering)["y"]!.data as Float32Array], [6]);
  await last;
});

Deno.test("Batcher joins requests in memory that it used before", async () => {
  const model = new Doubler();
  const memories = new Set<ArrayBufferLike>();
  model.failure = ({ x }) => {
    memories.add((x!.data as Float32Array).buffer);
    return null;
  };
  using batcher = open(model, { maxSize: 2, maxWaitMs: 60_000, maxInFlight: 1 });
  for (let round = 0; round < 3; round++) {
    await Promise.all([1, 2].map((value) => batcher.infer(floats([value]))));
  }
  equal(memories.size, 1);
});
