import { getLogger } from "@logtape/logtape";
import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
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
import { type GrpcCall, GrpcChannel } from "./grpc_channel.ts";
import { toFrame } from "./grpc_frame.ts";
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

const noTls = { caFile: null, certFile: null, keyFile: null };

/** A call whose message is one byte, and whose answer is read as its bytes. */
function callOf(timeoutMs = 10_000): GrpcCall<number[]> {
  return {
    path: "/a.B/C",
    encode: () => [toFrame(Uint8Array.of(7))],
    timeoutMs,
    read: (message) => [...message],
  };
}

async function withChannel(
  onRequest: (request: PeerRequest) => void,
  use: (channel: GrpcChannel, peer: Http2Peer) => Promise<void>,
): Promise<void> {
  await using peer = withHttp2Peer({ onRequest });
  using channel = await GrpcChannel.open(`grpc://127.0.0.1:${peer.port}`, noTls);
  await use(channel, peer);
}

Deno.test("GrpcChannel tells a status by its name and the server's words, percent-encoded or not", async () => {
  let [status, words] = [0, ""];
  await withChannel((request) => request.finish(status, words), async (channel) => {
    const rows: [status: number, words: string, reason: string, said: RegExp][] = [
      [5, "", "model_not_found", /NOT_FOUND/],
      [3, "bad%20shape%0A", "invalid_input", /bad shape.*\(INVALID_ARGUMENT\)/],
      [2, "100%sure", "server_error", /100%sure \(UNKNOWN\)/],
      [14, "no", "unavailable", /no \(UNAVAILABLE\)/],
      [99, "odd", "server_error", /odd \(status 99\)/],
    ];
    for (const [code, text, reason, said] of rows) {
      [status, words] = [code, text];
      const failure = await failureOf(channel.call(callOf()));
      equal(failure.reason, reason, text);
      match(failure.message, said);
    }
  });
});

Deno.test("GrpcChannel makes another connection after a silence, and none while others are answered", async () => {
  let isSilent = true;
  const seen: number[] = [];
  await withChannel((request) => {
    seen.push(request.connection);
    if (!isSilent) request.answer(Uint8Array.of(1, 2));
  }, async (channel, peer) => {
    const { reason, message } = await failureOf(channel.call(callOf(60)));
    equal(reason, "timeout");
    match(message, /no answer within 60 ms$/);
    isSilent = false;
    deepEqual(await channel.call(callOf()), [1, 2]);
    deepEqual([seen, peer.connections], [[0, 1], 2]);
    // One that is not answered beside another that is.
    isSilent = true;
    const beside = failureOf(channel.call(callOf(700)));
    await turn(() => seen.length === 3);
    isSilent = false;
    deepEqual(await channel.call(callOf()), [1, 2]);
    equal((await beside).reason, "timeout");
    deepEqual(await channel.call(callOf()), [1, 2]);
    equal(peer.connections, 2);
  });
});

Deno.test("GrpcChannel asks nothing that was given up before, and nothing once it is closed", async () => {
  const seen: number[] = [];
  await withChannel((request) => {
    seen.push(request.stream);
    request.answer(Uint8Array.of(1));
  }, async (channel, peer) => {
    const signal = AbortSignal.abort();
    equal((await failureOf(channel.call(callOf(), { signal }))).reason, "cancelled");
    deepEqual([seen, peer.connections], [[], 0]);
    deepEqual(await channel.call(callOf()), [1]);
    channel[Symbol.dispose]();
    equal((await failureOf(channel.call(callOf()))).reason, "unavailable");
    deepEqual(seen, [1]);
  });
});

Deno.test("GrpcChannel says that an answer is none, or what reading it threw", async () => {
  let answer = (request: PeerRequest) => request.answer(Uint8Array.of(1));
  await withChannel((request) => answer(request), async (channel) => {
    const read = () => {
      throw new RangeError("cut short");
    };
    const failure = await failureOf(channel.call({ ...callOf(), read }));
    equal(failure.reason, "server_error");
    match(failure.message, /Cannot read the answer of 127\.0\.0\.1:\d+: cut short/);
    answer = (request) => {
      request.begin();
      request.finish(0);
    };
    match(
      (await failureOf(channel.call(callOf()))).message,
      /0 bytes that are not one gRPC message/,
    );
  });
});

async function turn(until: () => boolean): Promise<void> {
  while (!until()) await new Promise((resolve) => setTimeout(resolve, 1));
}

Deno.test("GrpcChannel tells the server how long it waits, in whole milliseconds of eight digits at most", async () => {
  const seen: unknown[] = [];
  const server = createServer();
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    seen.push([headers["grpc-timeout"], headers["content-type"], headers["te"]]);
    stream.on("data", () => {});
    stream.on("end", () => {
      stream.respond({ ":status": 200, "grpc-status": "5" }, { endStream: true });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    using channel = await GrpcChannel.open(`grpc://127.0.0.1:${port}`, noTls);
    for (const timeoutMs of [1500, 1500.2, 200_000_000]) {
      equal((await failureOf(channel.call(callOf(timeoutMs)))).reason, "model_not_found");
    }
  } finally {
    server.close();
  }
  const common = ["application/grpc", "trailers"];
  deepEqual(seen, [["1500m", ...common], ["1501m", ...common], ["99999999m", ...common]]);
});
