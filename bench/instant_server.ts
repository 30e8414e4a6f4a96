/**
 * A model server that answers at once with one canned detection, over KServe v2 and TensorFlow
 * Serving on one port, so that it is never the limit of a measurement. Prints `port N`.
 *
 *   deno run -A bench/instant_server.ts [--port N] [--name NAME] [--datatype UINT8|FP32]
 *       [--layout NHWC|NCHW] [--height N] [--width N] [--read_frames]
 *
 * `--read_frames` looks at the bars that `clip.ts` draws and puts the frame's number into the answer
 * (KServe only); without it a request is never even parsed.
 */
import { Server, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import { parseArgs } from "node:util";
import { loadKserve, loadTensorflowServing } from "../src/inference/protos.ts";
import {
  type CannedModel,
  inputShape,
  kserveAnswer,
  kserveMetadata,
  tensorflowAnswer,
  tensorflowMetadata,
  unparsed,
} from "./canned_answer.ts";
import { BAR_HEIGHT, BARS } from "./clip.ts";

type Handler = (call: { request: unknown }, answer: (error: null, value: unknown) => void) => void;

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

// A request of the 2022.1 demo carries a full-size float32 picture: 25 MB at 1080p.
const server = new Server({ "grpc.max_receive_message_length": 128 * 1024 * 1024 });
await addKserve(server);
await addTensorflow(server);
server.bindAsync(
  `127.0.0.1:${values.port}`,
  ServerCredentials.createInsecure(),
  function announce(error, port) {
    if (error) throw error;
    Deno.stdout.writeSync(new TextEncoder().encode(`port ${port}\n`));
  },
);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => Deno.exit(0));
}

async function addKserve(server: Server): Promise<void> {
  const service = await loadKserve();
  const canned = serialize(service, "ModelInfer", kserveAnswer(model, 0));
  server.addService(values.read_frames ? service : unparsed(service, "ModelInfer"), {
    ServerLive: always({ live: true }),
    ServerReady: always({ ready: true }),
    ModelReady: always({ ready: true }),
    ServerMetadata: always({ name: "instant server", version: "1", extensions: [] }),
    ModelMetadata: always(kserveMetadata(model)),
    ModelInfer: values.read_frames ? answerWithFrame : always(canned),
  });
}

async function addTensorflow(server: Server): Promise<void> {
  const serving = await loadTensorflowServing();
  const canned = serialize(serving.prediction, "Predict", tensorflowAnswer(model));
  server.addService(unparsed(serving.prediction, "Predict"), {
    GetModelMetadata: always(tensorflowMetadata(model, serving)),
    Predict: always(canned),
  });
}

function always(value: unknown): Handler {
  return (_call, answer) => answer(null, value);
}

function answerWithFrame(
  { request }: Parameters<Handler>[0],
  answer: Parameters<Handler>[1],
): void {
  const { inputs, raw_input_contents: [pixels] } = request as {
    inputs: { shape: string[] }[];
    raw_input_contents: Buffer[];
  };
  const shape = inputs[0]?.shape.map(Number) ?? inputShape(model);
  answer(null, kserveAnswer(model, pixels ? readFrame(pixels, shape) : 0));
}

/** Reads the bars: bit b is the brightness of the first channel in the middle of bar b. */
function readFrame(pixels: Buffer, shape: readonly number[]): number {
  const interleaved = model.layout === "NHWC";
  const [height = 0, width = 0] = interleaved ? shape.slice(1, 3) : shape.slice(2, 4);
  const row = Math.floor(height * BAR_HEIGHT / 2);
  let frame = 0;
  for (let bar = 0; bar < BARS; bar++) {
    const column = Math.floor(width * (bar + 0.5) / BARS);
    const at = (row * width + column) * (interleaved ? 3 : 1);
    const value = model.datatype === "UINT8" ? pixels[at] : pixels.readFloatLE(at * 4);
    // 127: the middle of 0…255.
    if ((value ?? 0) > 127) frame |= 1 << bar;
  }
  return frame;
}

function serialize(service: ServiceDefinition, method: string, message: object): Buffer {
  const definition = service[method];
  if (!definition) throw new TypeError(`Cannot serve ${method}: the service does not define it`);
  return definition.responseSerialize(message);
}
