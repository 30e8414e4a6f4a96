import { getLogger } from "@logtape/logtape";
import { equal, ok } from "node:assert/strict";
import type { Inference, InferenceError, InferenceReason } from "../src/inference/inference.ts";
import { openInference } from "../src/inference/open.ts";
import { conformanceModel } from "./support/conformance_model.ts";
import { conformanceTensors } from "./support/conformance_tensors.ts";
import { poll } from "./support/poll.ts";
import { serverConfig } from "./support/server_config.ts";
import { withModelFile } from "./support/with_model_file.ts";
import { withModelServer } from "./support/with_model_server.ts";

const timeoutMs = 5000;

for (const scheme of ["grpc", "http"] as const) {
  Deno.test(`infer() over ${scheme} resumes within a second of the server's return, 20 times in a row`, async () => {
    await using file = await withModelFile("model", conformanceModel());
    await using server = await withModelServer({ modelPath: file.path });
    const port = scheme === "grpc" ? server.grpcPort : server.restPort;
    await using inference = open(`${scheme}://127.0.0.1:${port}`, timeoutMs);
    await using load = keepAsking(inference);
    for (let kill = 1; kill <= 20; kill++) {
      await poll("results come", () => load.answers > 0, timeoutMs);
      // It dies with requests in flight, for there are always four.
      await server.kill();
      load.reset();
      await poll("requests fail", () => load.failures.size > 0, 1000);
      await server.restart();
      load.reset();
      await poll(`results resume after kill ${kill}`, () => load.answers > 0, 1000);
      ok(load.slowestFailureMs < 1500, `a request failed after ${load.slowestFailureMs} ms`);
    }
    equal([...load.everFailed].join(), "unavailable");
  });

  Deno.test(`infer() over ${scheme} outlives servers that end in good order`, async () => {
    await using file = await withModelFile("model", conformanceModel());
    await using server = await withModelServer({ modelPath: file.path });
    const port = scheme === "grpc" ? server.grpcPort : server.restPort;
    await using inference = open(`${scheme}://127.0.0.1:${port}`, timeoutMs);
    await using load = keepAsking(inference);
    for (let end = 1; end <= 5; end++) {
      await poll("results come", () => load.answers > 0, timeoutMs);
      await server.terminate("SIGTERM");
      await server.restart();
      load.reset();
      await poll(`results resume after end ${end}`, () => load.answers > 0, 1000);
    }
  });

  Deno.test(`infer() over ${scheme} fails fast while the server is frozen, and resumes`, async () => {
    await using file = await withModelFile("model", conformanceModel());
    await using server = await withModelServer({ modelPath: file.path });
    const port = scheme === "grpc" ? server.grpcPort : server.restPort;
    await using inference = open(`${scheme}://127.0.0.1:${port}`, 500);
    await using load = keepAsking(inference);
    await poll("results come", () => load.answers > 0, timeoutMs);
    Deno.kill(server.pid, "SIGSTOP");
    try {
      // First the deadline, then the knowledge that none answers.
      await poll("it is known to be away", () => load.failures.has("unavailable"), 10_000);
    } finally {
      Deno.kill(server.pid, "SIGCONT");
    }
    load.reset();
    await poll("results resume", () => load.answers > 0, 2000);
  });
}

Deno.test("infer() fails fast where there was never an answer, and begins when a server comes", async () => {
  await using file = await withModelFile("model", conformanceModel());
  await using server = await withModelServer({ modelPath: file.path });
  await server.kill();
  await using inference = open(`grpc://localhost:${server.grpcPort}`, timeoutMs);
  await using load = keepAsking(inference);
  await poll("requests fail", () => (load.failures.get("unavailable") ?? 0) > 3, 3000);
  await server.restart();
  load.reset();
  await poll("results come", () => load.answers > 0, 1000);
});

function open(url: string, timeoutMs: number): Inference {
  return openInference(serverConfig({ url, timeoutMs }), getLogger(["test"]));
}

/** What came of the requests since the last reset. */
interface Load extends AsyncDisposable {
  answers: number;
  /** Failed requests by their number. */
  readonly failures: Map<InferenceReason, number>;
  readonly everFailed: Set<InferenceReason>;
  slowestFailureMs: number;
  reset(): void;
}

/** Four requests in flight at all times. */
function keepAsking(inference: Inference): Load {
  const controller = new AbortController();
  const load = {
    answers: 0,
    failures: new Map<InferenceReason, number>(),
    everFailed: new Set<InferenceReason>(),
    slowestFailureMs: 0,
    reset() {
      load.answers = 0;
      load.failures.clear();
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await Promise.all(askers);
    },
  };
  const askers = Array.from({ length: 4 }, ask);
  return load;

  async function ask(): Promise<void> {
    while (!controller.signal.aborted) {
      const began = performance.now();
      try {
        await inference.infer(conformanceTensors(), { signal: controller.signal });
        load.answers++;
      } catch (error) {
        if (controller.signal.aborted) return;
        const { reason } = error as InferenceError;
        load.failures.set(reason, (load.failures.get(reason) ?? 0) + 1);
        load.everFailed.add(reason);
        load.slowestFailureMs = Math.max(load.slowestFailureMs, performance.now() - began);
        // As a camera would: no frame comes sooner.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}
