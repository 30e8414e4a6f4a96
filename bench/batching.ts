/**
 * What batches across streams gain: frames a second for
 * 16 streams that always have a frame at hand. The model is the mean of a 300×300 picture, behind the
 * model server stand-in; the second half gives each request 5 ms that do not depend on its size, as
 * the start of a kernel on a GPU or a busy network would.
 *
 *   deno task bench batching [--seconds 3] [--passes 5]
 */

import { getLogger } from "@logtape/logtape";
import { parseArgs } from "node:util";
import type { Tensors } from "../src/frame/tensor.ts";
import { ModelPool } from "../src/inference/sharing/model_pool.ts";
import { serverConfig } from "../tests/support/server_config.ts";
import { withModelServer } from "../tests/support/with_model_server.ts";
import { writeMeanModel } from "./mean_model.ts";
import { median, table } from "./sample.ts";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    passes: { type: "string", default: "5" },
  },
});

const streams = 16;
const sizes = [1, 2, 4, 8, 16];
const pixels = new Uint8Array(300 * 300 * 3);
const inputs: Tensors = { image: { datatype: "UINT8", shape: [1, 300, 300, 3], data: pixels } };

const rows = [["each request takes", "batch_max_size", "frames a second", "× unbatched", "range"]];
const modelPath = await writeMeanModel("n");
for (const delayMs of [0, 5]) {
  const slow = delayMs === 0 ? [] : ["--slow", `1,${delayMs}`];
  await using server = await withModelServer({ modelPath, flags: slow });
  const rates = new Map(sizes.map((size): [number, number[]] => [size, []]));
  // The first pass of each warms up the compilers.
  for (let pass = 0; pass <= Number(flags.passes); pass++) {
    for (const size of sizes) {
      const rate = await measure(server.grpcPort, size);
      if (pass > 0) rates.get(size)!.push(rate);
    }
  }
  const alone = median(rates.get(1)!);
  for (const [size, values] of rates) {
    rows.push([
      delayMs === 0 ? "as long as it does" : `${delayMs} ms more`,
      String(size),
      median(values).toFixed(0),
      (median(values) / alone).toFixed(2),
      `${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)}`,
    ]);
  }
}
await Deno.remove(modelPath);
Deno.stdout.writeSync(new TextEncoder().encode(`${table(rows)}\n`));

/** Frames a second. */
async function measure(port: number, batchMaxSize: number): Promise<number> {
  const pool = new ModelPool(getLogger(["bench"]));
  const controller = new AbortController();
  const { signal } = controller;
  let answers = 0;
  const began = performance.now();
  const timer = setTimeout(() => controller.abort(), Number(flags.seconds) * 1000);
  await Promise.all(Array.from({ length: streams }, async function stream() {
    await using inference = pool.open(
      serverConfig({ url: `grpc://127.0.0.1:${port}`, api: "kserve" }),
      { executors: 2, sharing: { maxInFlight: 2, batchMaxSize, batchMaxWaitMs: 5 } },
    );
    await inference.metadata();
    await Promise.all([execute(), execute()]);

    async function execute(): Promise<void> {
      while (!signal.aborted) {
        // What was begun is finished, and counted.
        await inference.infer(inputs);
        answers++;
      }
    }
  }));
  clearTimeout(timer);
  return answers / (performance.now() - began) * 1000;
}
