/**
 * A model server that answers at once with one canned detection, over KServe v2 and TensorFlow
 * Serving on one port and KServe REST on another, so that it is never the limit of a measurement.
 * Prints `rest port N`, then `port N`.
 *
 *   deno run -A bench/instant_server.ts [--port N] [--name NAME] [--datatype UINT8|FP32]
 *       [--layout NHWC|NCHW] [--height N] [--width N] [--read_frames]
 *
 * `--read_frames` looks at the bars that `clip.ts` draws and puts the frame's number into the answer
 * (KServe gRPC only); without it a request is never even parsed.
 */
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import { parseArgs } from "node:util";
import { loadKserve, loadTensorflowServing } from "../src/inference/transport/protos.ts";
import {
  type CannedModel,
  detections,
  inputShape,
  kserveAnswer,
  kserveMetadata,
  tensorflowAnswer,
  tensorflowMetadata,
} from "./canned_answer.ts";
import { barCount, barShare } from "./clip.ts";
import { type GrpcHandler, serveGrpc } from "./grpc_server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    name: { type: "string", default: "instant" },
    datatype: { type: "string", default: "UINT8" },
    layout: { type: "string", default: "NHWC" },
    height: { type: "string", default: "300" },
    width: { type: "string", default: "300" },
    read_frames: { type: "boolean", default: false },
  },
});

const model: CannedModel = {
  name: values.name,
  datatype: values.datatype === "FP32" ? "FP32" : "UINT8",
  layout: values.layout === "NCHW" ? "NCHW" : "NHWC",
  height: Number(values.height),
  width: Number(values.width),
};

const handlers = new Map<string, GrpcHandler>([
  ...await kserve(),
  ...await tensorflow(),
]);
print(`rest port ${serveRest()}`);
print(`port ${serveGrpc(Number(values.port), handlers)}`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => Deno.exit(0));
}

async function kserve(): Promise<[string, GrpcHandler][]> {
  const service = await loadKserve();
  const infer = method(service, "ModelInfer");
  return [
    always(method(service, "ServerLive"), { live: true }),
    always(method(service, "ServerReady"), { ready: true }),
    always(method(service, "ModelReady"), { ready: true }),
    always(method(service, "ServerMetadata"), {
      name: "instant server",
      version: "1",
      extensions: [],
    }),
    always(method(service, "ModelMetadata"), kserveMetadata(model)),
    values.read_frames
      ? [infer.path, { reads: true, answer: (request) => answerWithFrame(infer, request) }]
      : always(infer, kserveAnswer(model, 0)),
  ];
}

async function tensorflow(): Promise<[string, GrpcHandler][]> {
  const serving = await loadTensorflowServing();
  return [
    always(method(serving.prediction, "GetModelMetadata"), tensorflowMetadata(model, serving)),
    always(method(serving.prediction, "Predict"), tensorflowAnswer(model)),
  ];
}

function serveRest(): number {
  const { outputs: [output], ...rest } = kserveAnswer(model, 0) as { outputs: [object] };
  const answer = detections(0);
  const outputs = [{ ...output, parameters: { binary_data_size: answer.byteLength } }];
  const { model_name } = rest as unknown as { model_name: string };
  const header = new TextEncoder().encode(JSON.stringify({ model_name, outputs }));
  const body = new Uint8Array([...header, ...answer]);
  const headers = { "inference-header-content-length": String(header.byteLength) };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async function answerRest(request) {
      if (!request.url.endsWith("/infer")) return Response.json(kserveMetadata(model));
      await request.arrayBuffer();
      return new Response(body, { headers });
    },
  );
  return server.addr.port;
}

function always(method: Method, value: object): [string, GrpcHandler] {
  const message = method.responseSerialize(value);
  return [method.path, { reads: false, answer: () => message }];
}

type Method = MethodDefinition<unknown, object>;

function method(service: ServiceDefinition, name: string): Method {
  const definition = service[name];
  if (!definition) throw new TypeError(`Cannot serve ${name}: the service does not define it`);
  return definition as Method;
}

function answerWithFrame(infer: Method, bytes: Uint8Array): Uint8Array {
  const { inputs, raw_input_contents: [pixels] } = infer.requestDeserialize(Buffer.from(bytes)) as {
    inputs: { shape: string[] }[];
    raw_input_contents: Buffer[];
  };
  const shape = inputs[0]?.shape.map(Number) ?? inputShape(model);
  return infer.responseSerialize(kserveAnswer(model, pixels ? readFrame(pixels, shape) : 0));
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Reads the bars: bit b is the brightness of the first channel in the middle of bar b. */
function readFrame(pixels: Buffer, shape: readonly number[]): number {
  const interleaved = model.layout === "NHWC";
  const [height = 0, width = 0] = interleaved ? shape.slice(1, 3) : shape.slice(2, 4);
  const row = Math.floor(height * barShare / 2);
  let frame = 0;
  for (let bar = 0; bar < barCount; bar++) {
    const column = Math.floor(width * (bar + 0.5) / barCount);
    const at = (row * width + column) * (interleaved ? 3 : 1);
    const value = model.datatype === "UINT8" ? pixels[at] : pixels.readFloatLE(at * 4);
    // 127: the middle of 0…255.
    if ((value ?? 0) > 127) frame |= 1 << bar;
  }
  return frame;
}
