import { deepEqual, equal, match } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { failureOf } from "../../../tests/support/failure_of.ts";
import { serverConfig } from "../../../tests/support/server_config.ts";
import { withGrpcServer } from "../../../tests/support/with_grpc_server.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { noSessionCounts } from "../inference.ts";
import { loadKserve } from "../transport/protos.ts";
import { ServerPool } from "../transport/server_pool.ts";
import { KserveStream } from "./kserve_stream.ts";

const logger = getLogger(["test"]);
const inputs: Tensors = { x: { datatype: "FP32", shape: [1], data: Float32Array.of(1) } };
const tensor = { name: "x", datatype: "FP32", shape: ["1"] };

/** A graph that answers as a test likes: the words of an error, or the frame that its output is of. */
async function serve(answerTo: (timestamp: number) => string | number = (at) => at) {
  const served = { streams: 0 };
  const server = await withGrpcServer({
    services: [[await loadKserve(), {
      ModelMetadata: () => ({
        name: "model",
        versions: ["1"],
        inputs: [tensor],
        outputs: [tensor],
      }),
      ModelReady: () => ({ ready: true }),
      ModelStreamInfer: (_, call) => {
        served.streams++;
        call.on("data", ({ id }: { readonly id: string }) => {
          const answer = answerTo(Number(id));
          // deno-lint-ignore no-explicit-any -- its type is that of a call with one answer
          (call as any).write(
            typeof answer === "string" ? { error_message: answer } : {
              infer_response: {
                parameters: { OVMS_MP_TIMESTAMP: { int64_param: String(answer) } },
                outputs: [{ ...tensor, name: "y" }],
                raw_output_contents: [new Uint8Array(Float32Array.of(0.5).buffer)],
              },
            },
          );
        });
        // deno-lint-ignore no-explicit-any -- as above
        call.on("end", () => (call as any).end());
        return new Promise(() => {});
      },
    }]],
  });
  const { url, ...rest } = serverConfig({ url: `grpc://127.0.0.1:${server.port}` });
  const graph = await KserveStream.open(
    { url, ...rest },
    await new ServerPool().grpc(url, rest.tls),
    logger,
  );
  return {
    ...{ graph, served },
    async [Symbol.asyncDispose]() {
      await graph[Symbol.asyncDispose]();
      server[Symbol.dispose]();
    },
  };
}

Deno.test("a graph is described as any model, and all requests of no camera share a stream", async () => {
  await using opened = await serve();
  const { graph, served } = opened;
  match(graph.description, /\(KServe gRPC, streaming\)$/);
  equal(await graph.ready(), true);
  equal((await graph.metadata()).name, "model");
  for (let request = 0; request < 2; request++) {
    deepEqual((await graph.infer(inputs))["y"]?.data, Float32Array.of(0.5));
  }
  equal(served.streams, 1);
  // A camera has one of its own.
  await using session = await graph.session({
    ...{ asked: false, outputs: null, maxAgeMs: null, logger, counts: noSessionCounts() },
  });
  deepEqual((await session.infer(inputs, 1)).outputs["y"]?.data, Float32Array.of(0.5));
  equal(served.streams, 2);
});

Deno.test("a request that the graph goes past has had its time; any other failure is told as it is", async () => {
  {
    await using opened = await serve((timestamp) => timestamp + 1);
    const { reason, message, cause } = await failureOf(opened.graph.infer(inputs));
    equal(reason, "timeout");
    match(message, /went on to later frames/);
    equal((cause as { readonly reason?: string }).reason, "no_answer");
  }
  await using opened = await serve(() => "Model m is not found");
  equal((await failureOf(opened.graph.infer(inputs))).reason, "model_not_found");
  const signal = AbortSignal.abort();
  equal((await failureOf(opened.graph.infer(inputs, { signal }))).reason, "cancelled");
});

Deno.test("a graph that is closed has ended its stream and its channel, whether it was asked or not", async () => {
  for (const isAsked of [true, false]) {
    await using opened = await serve();
    const { graph } = opened;
    if (isAsked) await graph.infer(inputs);
    await graph[Symbol.asyncDispose]();
    equal(await graph.ready(), false);
    if (isAsked) equal((await failureOf(graph.infer(inputs))).reason, "cancelled");
  }
});
