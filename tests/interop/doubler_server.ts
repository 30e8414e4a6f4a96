/** What is asked of every server of a model `m` that doubles up to four rows of `x` into `y`. */

import { getLogger } from "@logtape/logtape";
import { deepEqual, equal, match } from "node:assert/strict";
import type { Inference } from "../../src/inference/inference.ts";
import { ModelPool } from "../../src/inference/sharing/model_pool.ts";
import { openInference } from "../../src/inference/open.ts";
import { failureOf } from "../support/failure_of.ts";
import { poll } from "../support/poll.ts";
import { serverConfig } from "../support/server_config.ts";
import type { PythonServer } from "./python_server.ts";

const logger = getLogger(["test"]);
const startTimeoutMs = 60_000;

/** What one server does otherwise than the others. */
export interface Differences {
  /** The hint for version 7 over REST and gRPC; null: it takes any. */
  readonly unknownVersion: { readonly http: RegExp | null; readonly grpc: RegExp | null };
}

/** Asks `server` everything, over REST and gRPC. */
export async function askDoubler(
  test: Deno.TestContext,
  { httpPort, grpcPort }: PythonServer,
  { unknownVersion }: Differences,
): Promise<void> {
  {
    await using first = open(`grpc://127.0.0.1:${grpcPort}`);
    await poll("the server is ready", () => first.ready(), startTimeoutMs);
  }
  for (
    const [scheme, port, other] of [["grpc", grpcPort, "http"], ["http", httpPort, "grpc"]] as const
  ) {
    const url = `${scheme}://127.0.0.1:${port}`;
    await test.step(`metadata, readiness and answers at ${scheme}://`, async () => {
      await using inference = open(url);
      equal(await inference.ready(), true);
      const { name, inputs, outputs } = await inference.metadata();
      equal(name, "m");
      deepEqual(inputs, [{ name: "x", datatype: "FP32", shape: [-1, 3] }]);
      deepEqual(outputs, [{ name: "y", datatype: "FP32", shape: [-1, 3] }]);
      const { y } = await inference.infer(rows(1, 2));
      deepEqual(y, { datatype: "FP32", shape: [2, 3], data: Float32Array.of(2, 2, 2, 4, 4, 4) });
    });

    await test.step(`an unknown model at ${scheme}://`, async () => {
      await using inference = open(url, { modelName: "absent" });
      equal(await inference.ready(), false);
      const failure = await failureOf(inference.metadata());
      equal(failure.reason, "model_not_found", failure.message);
      match(failure.hint, /--model_name/);
    });

    await test.step(`an unknown version at ${scheme}://`, async () => {
      await using inference = open(url, { modelVersion: 7 });
      const hint = unknownVersion[scheme];
      if (hint === null) equal((await inference.infer(rows(1)))["y"]?.datatype, "FP32");
      else match((await failureOf(inference.infer(rows(1)))).hint, hint);
    });

    await test.step(`batches of eight at ${scheme}://, where four go`, async () => {
      const pool = new ModelPool(logger);
      const sharing = { maxInFlight: null, batchMaxSize: 8, batchMaxWaitMs: 20 };
      await using inference = pool.open(serverConfig({ url, modelName: "m" }), {
        executors: 16,
        sharing,
      });
      await inference.metadata();
      for (let round = 0; round < 3; round++) {
        const values = Array.from({ length: 16 }, (_, index) => index);
        const answers = await Promise.all(values.map((value) => inference.infer(rows(value))));
        deepEqual(answers.map(({ y }) => (y?.data as Float32Array)[0]), values.map((v) => 2 * v));
      }
      // Two batches on their way, and one that gathers.
      equal(pool.queues[0]?.maxInFlight, 3 * 4);
    });

    await test.step(`${other}:// at the port of ${scheme}://`, async () => {
      await using inference = open(`${other}://127.0.0.1:${port}`);
      const failure = await failureOf(inference.metadata());
      match(failure.message, scheme === "grpc" ? /it speaks gRPC/ : /it speaks HTTP/);
      match(failure.hint, new RegExp(`write ${scheme}://`));
    });
  }
}

function open(url: string, config: { modelName?: string; modelVersion?: number } = {}): Inference {
  return openInference(serverConfig({ url, modelName: "m", ...config }), logger);
}

function rows(...values: readonly number[]) {
  const data = Float32Array.from(values.flatMap((value) => [value, value, value]));
  return { x: { datatype: "FP32", shape: [values.length, 3], data } } as const;
}
