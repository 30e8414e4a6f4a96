import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { collectLog } from "../../tests/support/log_lines.ts";
import { poll } from "../../tests/support/poll.ts";
import type { ModelMetadata } from "../frame/model.ts";
import { type Inference, InferenceError } from "../inference/inference.ts";
import { Health } from "./health.ts";
import { ModelWatch } from "./model_watch.ts";

const server = { description: "m at http://somewhere:8000" } as Inference;

Deno.test("ModelWatch tells of the errors that a server answers with, and not of its silence", () => {
  using log = collectLog();
  const { logger, messages: lines } = log;
  let nowMs = 0;
  const now = () => nowMs;
  const health = new Health(logger, "cam", { now });
  const models = new ModelWatch(server, health, { now });
  // Three frames in a second, of which two are given up and one is answered with an error.
  for (; nowMs < 9_000; nowMs += 1_000) {
    models.unanswered(nowMs - 1_000);
    models.unanswered(nowMs - 900);
    models.failed(new InferenceError("server_error", "Cannot get an answer: HTTP 500", ""));
    equal(health.detail, "Cannot get an answer: HTTP 500");
  }
  equal(lines.join(), "Cannot get an answer: HTTP 500");
  for (const endMs = nowMs + 5_000; nowMs < endMs; nowMs += 500) {
    models.unanswered(nowMs - 1_000);
  }
  match(health.detail ?? "", /has answered none for \d\.\d s/);
});

Deno.test("ModelWatch tells of another version, and takes one with other tensors for another model", async () => {
  using log = collectLog();
  const { logger, messages: lines } = log;
  const spec = { datatype: "FP32", shape: [1, 3] } as const;
  const first: ModelMetadata = {
    name: "m",
    version: "1",
    inputs: [{ name: "x", ...spec }],
    outputs: [{ name: "y", ...spec }],
  };
  let served = first;
  const told: unknown[] = [];
  const { promise: toldOnce, resolve } = Promise.withResolvers<void>();
  const health = new Health(logger, "cam", {
    onHappening(type, reason, data) {
      told.push([type, reason, data]);
      resolve();
    },
  });
  const metadata = () => Promise.resolve(served);
  using models = new ModelWatch({ ...server, metadata }, health, { lookMs: 1 });
  const changed = models.changedFrom(first);
  served = { ...first, version: "2" };
  await toldOnce;
  equal(changed.aborted, false);
  const { promise: other, resolve: abort } = Promise.withResolvers<void>();
  changed.addEventListener("abort", () => abort());
  served = { ...served, version: "3", outputs: [] };
  await other;
  models.changedFrom(served);
  const words = ["version 2 in place of 1", "version 3 in place of 2"];
  deepEqual(told, [
    ["model_changed", words[0], { version: "2", version_before: "1" }],
    ["model_changed", words[1], { version: "3", version_before: "2" }],
  ]);
  deepEqual(lines, words.map((word) => `The model has changed: ${word}`));
});

Deno.test("ModelWatch looks at the model when it refuses our input, once at a time", async () => {
  using log = collectLog();
  const health = new Health(log.logger, "cam");
  const model: ModelMetadata = { name: "m", inputs: [], outputs: [] };
  let looks = 0;
  let served = model;
  const metadata = () => {
    looks++;
    return Promise.resolve(served);
  };
  using models = new ModelWatch({ ...server, metadata }, health);
  const changed = models.changedFrom(model);
  models.failed(new InferenceError("timeout", "late", ""));
  equal(looks, 0, "it may be slow");
  const refused = new InferenceError("invalid_input", "another shape", "");
  models.failed(refused);
  models.failed(refused);
  models.answered();
  equal(looks, 1);
  served = { ...model, name: "other" };
  const { promise, resolve } = Promise.withResolvers<void>();
  changed.addEventListener("abort", () => resolve());
  // A look is followed by a pause, after which the next failure leads to another.
  await poll("another look", () => {
    models.failed(refused);
    return looks > 1;
  });
  await promise;
  equal(looks, 2);
});

Deno.test("ModelWatch does not look again at a model that has no version, or lies with us", async () => {
  using log = collectLog();
  const model: ModelMetadata = { name: "m", inputs: [], outputs: [] };
  const rows = [[{ ...model, version: "1" }, true], [model, false]] as const;
  for (const [known, embedded] of rows) {
    let looks = 0;
    const metadata = () => {
      looks++;
      return Promise.resolve(known);
    };
    const health = new Health(log.logger, "cam");
    using models = new ModelWatch({ ...server, embedded, metadata }, health, { lookMs: 1 });
    models.changedFrom(known);
    await new Promise((resolve) => setTimeout(resolve, 10));
    equal(looks, 0);
  }
});

/** A server whose answers the test gives, and what was told of it. */
function setUp(lookMs: number) {
  const log = collectLog();
  const told: string[] = [];
  const looks: PromiseWithResolvers<ModelMetadata>[] = [];
  const health = new Health(log.logger, "cam", { onHappening: (type) => told.push(type) });
  const metadata = () => {
    const look = Promise.withResolvers<ModelMetadata>();
    looks.push(look);
    return look.promise;
  };
  const models = new ModelWatch({ ...server, metadata }, health, { lookMs });
  return { log, told, looks, health, models, [Symbol.dispose]: () => log[Symbol.dispose]() };
}

/** Pauses that end at once, and how long each was to last. */
function withoutPauses() {
  const { setTimeout } = globalThis;
  const pausesMs: unknown[] = [];
  globalThis.setTimeout = ((wake: () => void, ms: number) => {
    pausesMs.push(ms);
    return setTimeout(wake);
  }) as typeof setTimeout;
  return { pausesMs, [Symbol.dispose]: () => void (globalThis.setTimeout = setTimeout) };
}

/** As long as anything takes that waits for nothing. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

const named: ModelMetadata = { name: "m", version: "1", inputs: [], outputs: [] };

Deno.test("ModelWatch waits for a model that is away, and not for one that can never be used", async () => {
  using parts = setUp(1000);
  using _ = withoutPauses();
  const { models, looks, health } = parts;
  const { signal } = new AbortController();
  const found = models.await(signal);
  looks[0]!.reject(new InferenceError("unavailable", "away", ""));
  await poll("another attempt", () => looks.length === 2);
  deepEqual([health.state, health.modelFailures], ["model_unavailable", 1]);
  looks[1]!.resolve(named);
  equal(await found, named);
  const never = models.await(signal);
  const unsupported = new InferenceError("unsupported", "of no use", "");
  looks[2]!.reject(unsupported);
  await rejects(never, unsupported);
  equal(health.modelFailures, 1);
  const stopped = new AbortController();
  const left = models.await(stopped.signal);
  stopped.abort();
  looks[3]!.reject(new InferenceError("unavailable", "away", ""));
  equal(await left, undefined);
});

Deno.test("ModelWatch looks at a model that answers again after a failure, once", async () => {
  using parts = setUp(1000);
  using pauses = withoutPauses();
  const { models, looks, told } = parts;
  using _ = models;
  // Without a version, for which it would be looked at anyway.
  const { version: _version, ...model } = named;
  models.answered();
  models.changedFrom(model);
  models.answered();
  equal(looks.length, 0, "it never failed");
  models.failed(new InferenceError("timeout", "late", ""));
  models.answered();
  models.answered();
  equal(looks.length, 1);
  looks[0]!.resolve({ ...model });
  await turn();
  await turn();
  models.answered();
  equal(looks.length, 1, "it has not failed again");
  deepEqual(told, ["model_unavailable"], "it is the same");
  equal(pauses.pausesMs.includes(1000), true);
});

Deno.test("ModelWatch that was left tells of nothing that comes later, and looks no more", async () => {
  using parts = setUp(1);
  const { models, looks, told } = parts;
  const changed = models.changedFrom(named);
  await poll("a look", () => looks.length === 1);
  models[Symbol.dispose]();
  equal(changed.aborted, true);
  looks[0]!.resolve({ ...named, version: "2" });
  await new Promise((resolve) => setTimeout(resolve, 10));
  deepEqual([looks.length, told], [1, []]);
  models.changedFrom(named);
  models[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 10));
  equal(looks.length, 1);
});

Deno.test("ModelWatch looks on at a model that stays the same", async () => {
  using parts = setUp(1);
  const { models, looks, told } = parts;
  using _ = models;
  models.changedFrom(named);
  for (let count = 0; count < 3; count++) {
    await poll("a look", () => looks.length > count);
    looks[count]!.resolve({ ...named });
  }
  await turn();
  deepEqual(told, []);
});
