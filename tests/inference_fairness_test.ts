import { getLogger } from "@logtape/logtape";
import { equal, ok } from "node:assert/strict";
import type { SharingConfig } from "../src/inference/settings.ts";
import type { Tensors } from "../src/frame/tensor.ts";
import type { Inference, ModelServerConfig } from "../src/inference/inference.ts";
import { ModelPool } from "../src/inference/sharing/model_pool.ts";
import { batchHeight, batchModel, batchWidth } from "./support/batch_model.ts";
import { poll } from "./support/poll.ts";
import { serverConfig } from "./support/server_config.ts";
import { withModelFile } from "./support/with_model_file.ts";
import { withModelServer } from "./support/with_model_server.ts";

const logger = getLogger(["test"]);
const shape = [1, batchHeight, batchWidth, 3];
const data = new Uint8Array(batchHeight * batchWidth * 3);
const inputs: Tensors = { picture: { datatype: "UINT8", shape, data } };

for (
  const [kind, sharing, turns] of [
    ["one by one", { maxInFlight: 2, batchMaxSize: 1, batchMaxWaitMs: 0 }, 2],
    // One batch is on its way, another gathers.
    ["in batches", { maxInFlight: 1, batchMaxSize: 3, batchMaxWaitMs: 5 }, 6],
  ] as const
) {
  Deno.test(`streams get equal shares of a model that is too slow, ${kind}, though one asks for much more`, async () => {
    await using file = await withModelFile("model", batchModel());
    // Every request takes 10 ms: nowhere near what is asked for.
    await using server = await withModelServer({ modelPath: file.path, flags: ["--slow", "1,10"] });
    const pool = new ModelPool(logger);
    const shares = [16, 4, 4, 4].map((executors) => ask(pool, server.grpcPort, executors, sharing));
    try {
      await poll("all get answers", () => shares.every(({ answers }) => answers > 5), 20_000);
      for (const share of shares) share.answers = 0;
      await poll("many are answered", () => shares[0]!.answers > 40, 20_000);
      const counts = shares.map(({ answers }) => answers);
      ok(Math.max(...counts) - Math.min(...counts) <= 4, `answers were ${counts.join()}`);
      const [queue] = pool.queues;
      equal(queue?.maxInFlight, turns);
      ok(queue.waiting >= 28 - 2 * turns, `${queue.waiting} wait`);
    } finally {
      await Promise.all(shares.map((share) => share[Symbol.asyncDispose]()));
    }
    equal(pool.queues.length, 0);
  });
}

interface Share extends AsyncDisposable {
  answers: number;
}

/** A stream that always has a picture for each of its executors. */
function ask(
  pool: ModelPool,
  port: number,
  executors: number,
  sharing: SharingConfig,
): Share {
  const inference: Inference = pool.open(config(port), { executors, sharing });
  const controller = new AbortController();
  const { signal } = controller;
  const share = {
    answers: 0,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await Promise.all(loops);
      await inference[Symbol.asyncDispose]();
    },
  };
  const known = inference.metadata();
  const loops = Array.from({ length: executors }, async function execute() {
    await known;
    while (!signal.aborted) {
      try {
        await inference.infer(inputs, { signal });
        share.answers++;
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  });
  return share;
}

function config(port: number): ModelServerConfig {
  return serverConfig({ url: `grpc://127.0.0.1:${port}`, api: "kserve" });
}
