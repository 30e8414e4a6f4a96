import { getLogger } from "@logtape/logtape";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import { failureOf } from "../../../tests/support/failure_of.ts";
import { serverConfig } from "../../../tests/support/server_config.ts";
import {
  type Http2Peer,
  type PeerRequest,
  withHttp2Peer,
} from "../../../tests/support/with_http2_peer.ts";
import type { Tensors } from "../../frame/tensor.ts";
import type { Inference } from "../inference.ts";
import { makeFrame } from "../http2/frame.ts";
import { openInference } from "../open.ts";
import { loadKserve } from "./protos.ts";

const floats: Tensors = { x: { datatype: "FP32", shape: [2], data: Float32Array.of(1, 2) } };
const { ModelInfer } = await loadKserve();
const message = new Uint8Array(ModelInfer!.responseSerialize({
  outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
  raw_output_contents: [new Uint8Array(Float32Array.of(0.5).buffer)],
}));

const refusedStream = 7;
const internalError = 2;

Deno.test("infer() is sent again, once and at once, when the server refuses the stream", async () => {
  const seen: number[] = [];
  await using peer = withHttp2Peer({
    onRequest: (request) => {
      seen.push(request.stream);
      if (seen.length === 1) request.reset(refusedStream);
      else request.answer(message);
    },
  });
  await using inference = open(peer);
  deepEqual((await inference.infer(floats))["y"]?.data, Float32Array.of(0.5));
  deepEqual(seen, [1, 3]);
  equal(peer.connections, 1);
});

Deno.test("infer() fails when the server refuses it twice, or breaks it off half-way", async () => {
  const seen: number[] = [];
  let code = refusedStream;
  await using peer = withHttp2Peer({
    onRequest: (request) => {
      seen.push(request.stream);
      request.reset(code);
    },
  });
  await using inference = open(peer);
  const refused = await failureOf(inference.infer(floats));
  equal(refused.reason, "unavailable");
  match(refused.message, /broke off the request \(code 7\)/);
  deepEqual(seen, [1, 3]);
  code = internalError;
  match((await failureOf(inference.infer(floats))).message, /code 2/);
  deepEqual(seen, [1, 3, 5], "what was begun may have had its effect");
});

Deno.test("a server that says goodbye costs no request that it has not processed", async () => {
  const first: PeerRequest[] = [];
  const seen: [connection: number, stream: number][] = [];
  await using peer = withHttp2Peer({
    onRequest: (request) => {
      seen.push([request.connection, request.stream]);
      if (request.connection > 0) return request.answer(message);
      first.push(request);
      if (first.length < 4) return;
      // It has taken up the first two, and answers them yet.
      request.goaway(3);
      for (const taken of first.slice(0, 2)) taken.answer(message);
    },
  });
  await using inference = open(peer);
  const answers = await Promise.all(Array.from({ length: 4 }, () => inference.infer(floats)));
  deepEqual(answers.map(({ y }) => y?.data), Array(4).fill(Float32Array.of(0.5)));
  deepEqual(seen, [[0, 1], [0, 3], [0, 5], [0, 7], [1, 1], [1, 3]]);
});

Deno.test("infer() that is given up while it would be sent again is cancelled", async () => {
  const controller = new AbortController();
  await using peer = withHttp2Peer({
    onRequest: (request) => {
      controller.abort();
      request.reset(refusedStream);
    },
  });
  await using inference = open(peer);
  const failure = await failureOf(inference.infer(floats, { signal: controller.signal }));
  equal(failure.reason, "cancelled");
});

Deno.test("a loaded server may take its time until it speaks, and a request no longer than it has", async () => {
  const late = Promise.withResolvers<void>();
  await using peer = withHttp2Peer({
    onRequest: (request) => request.answer(message),
    settle: () => late.promise,
  });
  await using hasty = open(peer, 200);
  await using patient = open(peer);
  const answer = patient.infer(floats);
  const failure = await failureOf(hasty.infer(floats));
  equal(failure.reason, "unavailable");
  match(failure.message, /no connection within 200 ms/);
  const controller = new AbortController();
  const abandoned = failureOf(patient.infer(floats, { signal: controller.signal }));
  controller.abort();
  equal((await abandoned).reason, "cancelled");
  // TCP, TLS and the protocol's beginning together had one second, which was too little.
  setTimeout(late.resolve, 1500);
  deepEqual((await answer)["y"]?.data, Float32Array.of(0.5));
  await hasty.infer(floats);
  equal(peer.connections, 2, "one for each");
});

Deno.test("any frames as an answer are an InferenceError, and never a wait beyond the deadline", async () => {
  const frame = fc.tuple(
    fc.nat(10),
    fc.oneof(fc.nat(255), fc.constantFrom(0x1, 0x4, 0x5)),
    fc.constantFrom(0, 1, 1, 1, 2, 3, 5),
    fc.uint8Array({ maxLength: 40 }),
  ).map(([type, flags, stream, payload]) => makeFrame(type, flags, stream, payload));
  let frames: Uint8Array[] = [];
  await using peer = withHttp2Peer({
    onRequest: (request) => {
      for (const bytes of frames) request.send(bytes);
      request.end();
    },
  });
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 8 }), async (given) => {
      frames = given;
      await using inference = open(peer);
      const { message } = await failureOf(inference.infer(floats));
      ok(message.length <= 1001 && !/\p{Cc}/u.test(message), message);
    }),
    { numRuns: 200 },
  );
});

function open({ port }: Http2Peer, timeoutMs = 10_000): Inference {
  const url = `grpc://127.0.0.1:${port}`;
  return openInference(serverConfig({ url, api: "kserve", timeoutMs }), getLogger(["test"]));
}
