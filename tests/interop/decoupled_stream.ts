/** What is asked, in a stream, of a server whose model answers as often as its input says. */

import { getLogger } from "@logtape/logtape";
import { deepEqual, match, ok } from "node:assert/strict";
import { noSessionCounts } from "../../src/inference/inference.ts";
import { openInference } from "../../src/inference/open.ts";
import { failureOf } from "../support/failure_of.ts";
import { poll } from "../support/poll.ts";
import { serverConfig } from "../support/server_config.ts";

const logger = getLogger(["test"]);

/** Asks the model `decoupled` at this port. */
export async function askDecoupled(grpcPort: number): Promise<void> {
  await using inference = openInference(
    serverConfig({
      ...{ url: `grpc://127.0.0.1:${grpcPort}`, modelName: "decoupled", api: "kserve_stream" },
      timeoutMs: 2000,
    }),
    logger,
  );
  await inference.metadata();
  const counts = noSessionCounts();
  await using session = await inference.session!({
    ...{ asked: true, outputs: null, maxAgeMs: null, logger, counts },
  });
  ok(session !== null);
  let capturedAtMs = 0;
  const ask = (times: number) => {
    const x = { datatype: "FP32", shape: [1], data: Float32Array.of(times) } as const;
    return session.infer({ x }, capturedAtMs += 40);
  };
  const { outputs, stream } = await ask(1);
  deepEqual(outputs["y"]?.data, Float32Array.of(2));
  deepEqual(stream, { number: 1, state: "unknown" });
  // Many at once, in whatever order they come back.
  const many = await Promise.all([1, 2, 3, 1, 2].map(ask));
  deepEqual(many.map(({ outputs }) => (outputs["y"]!.data as Float32Array)[0]), [2, 4, 6, 2, 4]);
  await poll("what came more often than asked is counted", () => counts.repeated === 4);
  const failure = await failureOf(ask(-1));
  match(failure.message, /it was told to fail/);
  // At once, since it says so, and not when the time is up.
  match((await failureOf(ask(0))).message, /went on to later frames without answering this one/);
  deepEqual((await ask(1)).stream.number, 1, "the stream has gone on");
  deepEqual(counts, { ...noSessionCounts(), sessions: 1, joined: 7, repeated: 4, error: 1 });
}
