import { deepEqual, equal, match } from "node:assert/strict";
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
  const health = new Health(logger, "cam", undefined, now);
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
  const health = new Health(logger, "cam", (type, reason, data) => {
    told.push([type, reason, data]);
    resolve();
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
