import { getLogger } from "@logtape/logtape";
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { collectLog } from "../../../tests/support/log_lines.ts";
import type { ModelMetadata } from "../../frame/model.ts";
import type { Tensor, Tensors } from "../../frame/tensor.ts";
import { Batcher, type BatcherOptions } from "./batcher.ts";
import { type Inference, InferenceError, type InferOptions } from "../inference.ts";

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

Deno.test("Batcher sends each alone from then on when the model refuses more than one row", async () => {
  const model = new Doubler();
  model.failure = ({ x }) => x!.shape[0]! > 1 ? refusal() : null;
  using batcher = open(model, { maxSize: 8 });
  for (let round = 0; round < 2; round++) {
    const answers = await Promise.all([1, 2].map((value) => batcher.infer(floats([value]))));
    deepEqual(answers.map(({ y }) => [...y?.data as Float32Array]), [[2], [4]]);
  }
  equal(batcher.active, false);
  deepEqual(model.shapes, [[2, 1], [1, 1], [1, 1], [1, 1], [1, 1]]);
  batcher.learn(metadata([-1, -1]));
  equal(batcher.active, false, "the same model is not tried again");
  batcher.learn(metadata([-1, 1]));
  equal(batcher.active, true);
});

for (const [most, learned, asked] of [[4, 4, [8, 4, 4]], [3, 2, [8, 4, 4, 2, 2, 2, 2]]] as const) {
  Deno.test(`Batcher finds out that a model takes ${most} rows at once, and says so once`, async () => {
    using log = collectLog();
    const { logger, messages: lines } = log;
    const model = new Doubler();
    model.failure = ({ x }) => x!.shape[0]! > most ? refusal() : null;
    using batcher = open(model, { maxSize: 8, logger, maxWaitMs: 60_000 });
    const eight = () => Array.from({ length: 8 }, (_, value) => batcher.infer(floats([value])));
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all(eight());
      deepEqual(
        answers.map(({ y }) => (y?.data as Float32Array)[0]),
        [0, 2, 4, 6, 8, 10, 12, 14],
      );
      await turnOfTheLoop();
    }
    equal(batcher.active, true);
    equal(batcher.size, learned);
    const rows = model.shapes.map(([rows]) => rows);
    deepEqual(rows, [...asked, ...Array(8 / learned).fill(learned)]);
    deepEqual(lines, [
      `doubler takes ${learned} frames in one request: ${learned * 2} were refused ` +
      `(Cannot run the model: no); batch_max_size 8 has no more effect than ${learned}`,
    ]);
    batcher.learn(metadata([-1, 2]));
    equal(batcher.size, 8, "another model may take more");
  });
}

Deno.test("Batcher takes an internal error for the batch's size when it comes twice, and never where that size was answered", async () => {
  const model = new Doubler();
  using batcher = open(model, { maxSize: 8, maxWaitMs: 60_000 });
  const send = (count: number) =>
    Promise.allSettled(Array.from({ length: count }, (_, value) => batcher.infer(floats([value]))));
  const broken = new InferenceError("server_error", "Internal server error", "");
  model.failure = ({ x }) => x!.shape[0]! > 4 ? broken : null;
  for (const size of [8, 4]) {
    const answers = await send(8);
    ok(answers.every(({ status }) => status === "fulfilled"));
    await turnOfTheLoop();
    equal(batcher.size, size);
  }
  deepEqual(model.shapes.map(([rows]) => rows), [8, 4, 4, 8, 4, 4]);
  model.shapes.length = 0;
  model.failure = () => broken;
  const failures = await send(4);
  ok(failures.every(({ status }) => status === "rejected"));
  deepEqual(model.shapes, [[4, 1]]);
  equal(batcher.size, 4);
});

Deno.test("Batcher leaves a model of fixed batch alone", async () => {
  const model = new Doubler();
  using batcher = open(model, { maxSize: 8 }, metadata([1, 1]));
  equal(batcher.active, false);
  await Promise.all([1, 2].map((value) => batcher.infer(floats([value]))));
  deepEqual(model.shapes, [[1, 1], [1, 1]]);
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

Deno.test("Batcher asks one by one where the answer has other rows than the question", async () => {
  using log = collectLog();
  const model = new Doubler();
  const { infer } = model;
  model.infer = async (inputs, options) => {
    const { y } = await infer.call(model, inputs, options);
    const data = (y!.data as Float32Array).subarray(0, 1);
    return { y: { datatype: "FP32", shape: [1, 1], data } };
  };
  using batcher = open(model, { maxSize: 2, logger: log.logger });
  const answers = await Promise.all([3, 4].map((value) => batcher.infer(floats([value]))));
  deepEqual(answers.map(({ y }) => [...y!.data as Float32Array]), [[6], [8]]);
  await turnOfTheLoop();
  equal(batcher.active, false);
  deepEqual(log.messages, [
    "doubler takes one request at a time: Cannot use the answer: it has other rows; " +
    "batch_max_size has no effect",
  ]);
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

function open(
  model: Inference,
  options: Pick<BatcherOptions, "maxSize"> & Partial<BatcherOptions>,
  known = metadata([-1, -1]),
): Batcher {
  const batcher = new Batcher({
    maxWaitMs: 1,
    maxInFlight: 8,
    logger: getLogger(["test"]),
    onActive: () => {},
    ...options,
    model,
  });
  batcher.learn(known);
  return batcher;
}

Deno.test("Batcher tells only when batching becomes possible, or impossible", () => {
  let told = 0;
  using batcher = open(new Doubler(), { maxSize: 8, onActive: () => told++ });
  const before = told;
  batcher.learn({ ...metadata([-1, -1]), version: "2" });
  equal(told, before);
  batcher.learn(metadata([1, 1]));
  batcher.learn({ ...metadata([1, 1]), version: "2" });
  equal(told, before + 1);
});

Deno.test("Batcher sends each alone until it knows the model", async () => {
  const model = new Doubler();
  using batcher = new Batcher({
    ...{ model, maxSize: 8, maxWaitMs: 60_000, maxInFlight: 8 },
    ...{ logger: getLogger(["test"]), onActive: () => {} },
  });
  await Promise.all([1, 2].map((value) => batcher.infer(floats([value]))));
  deepEqual([batcher.active, model.shapes], [false, [[1, 1], [1, 1]]]);
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

Deno.test("Batcher learns nothing of a size whose parts failed for another reason", async () => {
  const model = new Doubler();
  const away = new InferenceError("unavailable", "away", "");
  model.failure = ({ x }) => x!.shape[0] === 4 ? refusal() : x!.data[0] === 1 ? away : null;
  using batcher = open(model, { maxSize: 4, maxWaitMs: 60_000 });
  const answers = await Promise.allSettled(
    [1, 2, 3, 4].map((value) => batcher.infer(floats([value]))),
  );
  deepEqual(answers.map(({ status }) => status), [
    ...["rejected", "rejected", "fulfilled", "fulfilled"],
  ]);
  await turnOfTheLoop();
  equal(batcher.size, 4);
});

Deno.test("Batcher takes the largest part that was answered for the limit, and tells the smallest that was not", async () => {
  for (const [requests, size, refused] of [[[1, 1, 1], 2, 3], [[1, 1, 2, 2], 2, 4]] as const) {
    using log = collectLog();
    const model = new Doubler();
    model.failure = ({ x }) => x!.shape[0]! > 2 ? refusal() : null;
    const rows = requests.reduce<number>((sum, count) => sum + count, 0);
    using batcher = open(model, { maxSize: rows, maxWaitMs: 60_000, logger: log.logger });
    await Promise.all(requests.map((count) => batcher.infer(floats(...Array(count).fill([1])))));
    await turnOfTheLoop();
    equal(batcher.size, size);
    match(log.messages[0]!, new RegExp(`: ${refused} were refused`));
  }
});

/** The batcher learns a moment after the answers are there. */
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function metadata(shape: readonly number[]): ModelMetadata {
  return {
    name: "doubler",
    inputs: [{ name: "x", datatype: "FP32", shape }],
    outputs: [{ name: "y", datatype: "FP32", shape }],
  };
}

function floats(...rows: readonly number[][]): Tensors {
  const data = Float32Array.from(rows.flat());
  return { x: { datatype: "FP32", shape: [rows.length, 1], data } };
}

function refusal(): InferenceError {
  return new InferenceError("invalid_input", "Cannot run the model: no", "");
}

/** Answers with twice the input, and remembers what it was asked. */
class Doubler implements Inference {
  readonly description = "doubler";
  readonly shapes: (readonly number[])[] = [];
  failure: (inputs: Tensors) => InferenceError | null = () => null;
  aborted = 0;
  #gate = Promise.withResolvers<void>();
  #seen = Promise.withResolvers<void>();

  constructor({ held = false } = {}) {
    if (!held) this.release();
  }

  hold(): void {
    this.#gate = Promise.withResolvers();
  }

  release(): void {
    this.#gate.resolve();
  }

  async arrived(count: number): Promise<void> {
    while (this.shapes.length < count) await this.#seen.promise;
  }

  async infer(inputs: Tensors, { signal }: InferOptions = {}): Promise<Tensors> {
    const { shape, data } = inputs["x"]!;
    this.shapes.push(shape);
    this.#seen.resolve();
    this.#seen = Promise.withResolvers();
    const aborted = Promise.withResolvers<never>();
    signal?.addEventListener("abort", () => {
      this.aborted++;
      aborted.reject(new InferenceError("cancelled", "given up", ""));
    }, { once: true });
    await Promise.race([this.#gate.promise, aborted.promise]);
    const failure = this.failure(inputs);
    if (failure) throw failure;
    const doubled = (data as Float32Array).map((value) => 2 * value);
    return { y: { datatype: "FP32", shape, data: doubled } };
  }

  metadata(): Promise<ModelMetadata> {
    return Promise.resolve(metadata([-1, -1]));
  }

  ready(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

Deno.test("Batcher says once that a model takes no more than it was seen to take", async () => {
  using log = collectLog();
  const model = new Doubler();
  using batcher = open(model, { maxSize: 8, maxWaitMs: 60_000, logger: log.logger });
  const eight = () => Array.from({ length: 8 }, (_, value) => batcher.infer(floats([value])));
  await Promise.all(eight());
  model.failure = ({ x }) => x!.shape[0]! > 2 ? refusal() : null;
  for (let round = 0; round < 3; round++) {
    await Promise.all(eight());
    await turnOfTheLoop();
  }
  deepEqual([batcher.size, log.messages.length], [8, 1]);
});

Deno.test("Batcher sends fewer rows at once where so many are too large, or cannot be had", async () => {
  for (const reason of ["too_large", "unsupported"] as const) {
    const model = new Doubler();
    model.failure = ({ x }) => x!.shape[0]! > 2 ? new InferenceError(reason, "no", "") : null;
    using batcher = open(model, { maxSize: 4, maxWaitMs: 60_000 });
    const answers = await Promise.all([1, 2, 3, 4].map((value) => batcher.infer(floats([value]))));
    deepEqual(answers.map(({ y }) => [...y!.data as Float32Array]), [[2], [4], [6], [8]]);
    await turnOfTheLoop();
    deepEqual([batcher.size, model.shapes], [2, [[4, 1], [2, 1], [2, 1]]]);
  }
});
