/** Clients that come, break off and go: the model server must hold, and keep nothing of them. */

import { getLogger } from "@logtape/logtape";
import assert from "node:assert/strict";
import { toFrame } from "../src/inference/transport/grpc_frame.ts";
import {
  frameFlag,
  frameType,
  makeFrame,
  makeSettings,
  setting,
  uint32,
} from "../src/inference/http2/frame.ts";
import { encodeHeaders } from "../src/inference/http2/hpack.ts";
import { loadKserve } from "../src/inference/transport/protos.ts";
import { openInference } from "../src/inference/open.ts";
import { floats, writeModel } from "./model_server_client.ts";
import { serverConfig } from "./support/server_config.ts";
import { withModelServer } from "./support/with_model_server.ts";

const kserve = await loadKserve();
const clients = 1000;
const atOnce = 50;
const { none, endHeaders, endStream } = frameFlag;

/** Answers a list of any length unchanged. */
const model = {
  inputs: { x: ["FP32", ["n"]] },
  outputs: { y: ["FP32", ["n"]] },
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
} as const;

function request(count: number) {
  return {
    model_name: "m",
    inputs: [{ name: "x", datatype: "FP32", shape: [count] }],
    raw_input_contents: [floats(...new Array<number>(count).fill(0))],
  };
}

const message = (count: number) =>
  toFrame(kserve["ModelInfer"]!.requestSerialize(request(count)) as Uint8Array);
const small = message(10);
const large = message(50_000);

const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
// A window that holds the answer back, so that it is on its way when the client goes.
const settings = makeFrame(
  ...[frameType.settings, none, 0, makeSettings([[setting.initialWindowSize, 0]])] as const,
);
const head = encodeHeaders([
  ...[[":method", "POST"], [":scheme", "http"], [":authority", "x"]] as const,
  [":path", "/inference.GRPCInferenceService/ModelInfer"],
  ...[["content-type", "application/grpc"], ["te", "trailers"]] as const,
]);
const begun = (id: number) => makeFrame(frameType.headers, endHeaders, id, head);

function data(id: number, body: Uint8Array, length = body.byteLength): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < length; at += 16_384) {
    const part = body.subarray(at, Math.min(length, at + 16_384));
    const flags = at + part.byteLength === body.byteLength ? endStream : none;
    frames.push(makeFrame(frameType.data, flags, id, part));
  }
  return frames;
}

const reset = (id: number) => makeFrame(frameType.rstStream, none, id, uint32(8));
const goaway = makeFrame(frameType.goaway, none, 0, new Uint8Array(8));

/** What a client sends before it is gone. */
const visits: readonly (() => Uint8Array[])[] = [
  () => [],
  () => [preface.subarray(0, 9)],
  () => [new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
  () => [preface, settings],
  () => [preface, settings, begun(1)],
  () => [preface, settings, begun(1), ...data(1, large, 100_000)],
  () => [preface, settings, begun(1), ...data(1, large)],
  () => [preface, settings, ...[1, 3, 5, 7].flatMap((id) => [begun(id), ...data(id, large)])],
  () => [
    ...[preface, settings],
    ...Array.from({ length: 300 }, (_, at) => 2 * at + 1)
      .flatMap((id) => [begun(id), ...data(id, small), reset(id)]),
  ],
  () => [preface, settings, begun(1), ...data(1, large, 50_000), goaway],
  () => [preface, settings, begun(1), ...data(1, small), goaway],
  () => [preface, settings, makeFrame(frameType.headers, none, 1, head), begun(3)],
  () => [preface, settings, makeFrame(frameType.data, none, 9, small)],
  () => [preface, settings, begun(2), ...data(2, small)],
  () => [preface, settings, begun(1), ...data(1, small), makeFrame(frameType.data, none, 1, small)],
  () => [preface, settings, crypto.getRandomValues(new Uint8Array(300))],
];

/** One client; what it leaves unread makes its end a reset of the connection. */
async function visit(port: number, number: number): Promise<void> {
  using tcp = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    for (const bytes of visits[number % visits.length]!()) {
      for (let at = 0; at < bytes.byteLength;) at += await tcp.write(bytes.subarray(at));
    }
    // Every third says that it has nothing more to say, and hears what comes until then.
    if (number % 3 === 0) {
      await tcp.closeWrite();
      await tcp.read(new Uint8Array(64));
    }
  } catch {
    // The server has ended it first, as it may.
  }
}

async function visitAll(port: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, number) => number).values();
  const one = async () => {
    for (const number of numbers) await visit(port, number);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

/** Megabytes that it has in memory; null where nothing tells. */
async function memoryMb(pid: number): Promise<number | null> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  const [, kb] = /^VmRSS:\s+(\d+)/m.exec(status) ?? [];
  return kb === undefined ? null : Number(kb) / 1024;
}

Deno.test("model_server holds under 1,000 clients that come, break off and go", async () => {
  await using file = await writeModel(model);
  await using server = await withModelServer({ modelPath: file.path, modelName: "m" });
  await visitAll(server.grpcPort, clients / 2);
  const beforeMb = await memoryMb(server.pid);
  await visitAll(server.grpcPort, clients / 2);
  const config = serverConfig({ url: `grpc://127.0.0.1:${server.grpcPort}`, modelName: "m" });
  await using inference = openInference(config, getLogger(["test"]));
  const x = { datatype: "FP32", shape: [3], data: Float32Array.of(1, 2, 3) } as const;
  assert.deepEqual((await inference.infer({ x }))["y"]?.data, x.data);
  const afterMb = await memoryMb(server.pid);
  // Kept from every second of them, 200 KB would make 100 MB.
  if (beforeMb !== null) assert.ok(afterMb! - beforeMb < 60, `${beforeMb} to ${afterMb} MB`);
  assert.equal(await server.terminate(), 0);
});

Deno.test("model_server holds over REST, and says nothing of clients that break off", async () => {
  await using file = await writeModel(model);
  await using server = await withModelServer({ modelPath: file.path, modelName: "m" });
  const body = JSON.stringify({
    inputs: [{ name: "x", datatype: "FP32", shape: [1], data: [7] }],
  });
  const head = (length: number) =>
    `POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
  const visits = [
    "POST /v2/mod",
    head(1_000_000) + body,
    head(2 ** 40) + body,
    head(body.length) + body,
    "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20),
  ];
  for (let number = 0; number < 300; number++) {
    using tcp = await Deno.connect({ hostname: "127.0.0.1", port: server.restPort });
    await tcp.write(new TextEncoder().encode(visits[number % visits.length]!));
  }
  const url = `http://127.0.0.1:${server.restPort}/v2/models/m/infer`;
  const answer = await fetch(url, { method: "POST", body });
  assert.deepEqual((await answer.json()).outputs[0].data, [7]);
  assert.equal(await server.terminate(), 0);
  const lines = (await server.stderr).trim().split("\n");
  assert.ok(lines.every((line) => /serving m|Stopping on a signal/.test(line)), lines.join("\n"));
});

Deno.test("model_server answers as far as a client's windows allow, however small they are", async () => {
  await using file = await writeModel(model);
  await using server = await withModelServer({ modelPath: file.path, modelName: "m" });
  using tcp = await Deno.connect({ hostname: "127.0.0.1", port: server.grpcPort });
  const grow = (id: number, by: number) => makeFrame(frameType.windowUpdate, none, id, uint32(by));
  const send = async (...frames: Uint8Array[]) => {
    for (const bytes of frames) {
      for (let at = 0; at < bytes.byteLength;) at += await tcp.write(bytes.subarray(at));
    }
  };
  // Half of the window is opened before the answer is begun, the rest bit by bit.
  await send(preface, settings, begun(1), grow(1, 100), ...data(1, small));
  let [body, seen] = ["", 0];
  const decoder = new TextDecoder("latin1");
  while (!body.includes("grpc-status")) {
    const bytes = new Uint8Array(65_536);
    const length = await tcp.read(bytes);
    assert.notEqual(length, null);
    body += decoder.decode(bytes.subarray(0, length!), { stream: true });
    if (++seen < 200) await send(grow(1, 1));
  }
  assert.match(body, /grpc-status.*0$/s);
});
