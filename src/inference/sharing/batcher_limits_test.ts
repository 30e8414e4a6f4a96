import { getLogger } from "@logtape/logtape";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { collectLog } from "../../../tests/support/log_lines.ts";
import { Batcher } from "./batcher.ts";
import { InferenceError } from "../inference.ts";
import {
  Doubler,
  floats,
  metadata,
  open,
  refusal,
  turnOfTheLoop,
} from "../../../tests/support/doubler.ts";

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
