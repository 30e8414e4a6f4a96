import { getLogger } from "@logtape/logtape";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { failureOf } from "../../tests/support/failure_of.ts";
import { serverConfig } from "../../tests/support/server_config.ts";
import type { Tensors } from "../frame/tensor.ts";
import { openInference } from "./open.ts";

const floats: Tensors = { x: { datatype: "FP32", shape: [1], data: Float32Array.of(1) } };

Deno.test("a loaded REST server may take its time until it answers, and a request no longer than it has", async () => {
  const late = Promise.withResolvers<void>();
  const asked: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      asked.push(new URL(request.url).pathname);
      await late.promise;
      await request.body?.cancel();
      const outputs = [{ name: "y", datatype: "FP32", shape: [1], data: [0.5] }];
      return Response.json({ outputs });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  await using patient = openInference(serverConfig({ url }), getLogger(["test"]));
  await using hasty = openInference(serverConfig({ url, timeoutMs: 200 }), getLogger(["test"]));
  const answer = patient.infer(floats);
  const failure = await failureOf(hasty.infer(floats));
  equal(failure.reason, "unavailable");
  match(failure.message, /no answer within 200 ms/);
  const controller = new AbortController();
  const abandoned = failureOf(patient.infer(floats, { signal: controller.signal }));
  controller.abort();
  equal((await abandoned).reason, "cancelled");
  deepEqual(asked, ["/v2/health/live", "/v2/health/live"], "one probe for each, and no request");
  setTimeout(late.resolve, 1500);
  deepEqual((await answer)["y"]?.data, Float32Array.of(0.5));
});

Deno.test("closing gives up a server that does not answer", async () => {
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async () => {
      arrived.resolve();
      await release.promise;
      return new Response();
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const inference = openInference(serverConfig({ url }), getLogger(["test"]));
  const failure = failureOf(inference.infer(floats));
  await arrived.promise;
  await inference[Symbol.asyncDispose]();
  equal((await failure).reason, "cancelled");
  release.resolve();
});

Deno.test("an answer of a REST server is bounded: in all, and what of it is JSON", async () => {
  const mebibyte = new Uint8Array(2 ** 20).fill(32);
  let sent = 0;
  let mebibytes = 0;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      await request.body?.cancel();
      if (request.method === "GET") return new Response();
      sent = 0;
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (sent++ === mebibytes) controller.close();
            else controller.enqueue(mebibyte);
          },
        }),
      );
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  await using inference = openInference(
    serverConfig({ url, timeoutMs: 60_000 }),
    getLogger(["test"]),
  );
  mebibytes = 33;
  const { message } = await failureOf(inference.infer(floats));
  match(message, /it is 34603008 bytes of JSON, at most 32 MiB are read/);
  mebibytes = Infinity;
  match((await failureOf(inference.infer(floats))).message, /its answer is longer than 256 MiB/);
  ok(sent < 300, `${sent} MiB were taken`);
});
