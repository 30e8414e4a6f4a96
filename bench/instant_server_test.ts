import { credentials, makeGenericClientConstructor } from "@grpc/grpc-js";
import { getLogger } from "@logtape/logtape";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Tensors } from "../src/frame/tensor.ts";
import { openInference } from "../src/inference/open.ts";
import { loadKserve } from "../src/inference/transport/protos.ts";
import { serverConfig } from "../tests/support/server_config.ts";
import { decodeFrame } from "./canned_answer.ts";
import { startListening } from "./child.ts";
import { ensureClip } from "./clip.ts";

const serverPath = fileURLToPath(new URL("./instant_server.ts", import.meta.url));
const pictures = [
  { datatype: "UINT8", layout: "NHWC", pixelFormat: "bgr24", shape: [1, 90, 160, 3] },
  { datatype: "FP32", layout: "NCHW", pixelFormat: "gbrpf32le", shape: [1, 3, 90, 160] },
];

/** Decodes one frame of the clip to 160×90, as raw bytes. */
async function decode(clip: string, frame: number, pixelFormat: string): Promise<Uint8Array> {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-loglevel", "error", "-i", clip, "-vf", `select=eq(n\\,${frame}),scale=160:90`],
      ...["-frames:v", "1", "-pix_fmt", pixelFormat, "-f", "rawvideo", "-"],
    ],
  }).output();
  return stdout;
}

/** Floats of 0…1 as ffmpeg writes them become the 0…255 that an OpenVINO model takes. */
function scaleFloats(bytes: Uint8Array): Uint8Array {
  const floats = new Float32Array(bytes.slice().buffer).map((value) => value * 255);
  return new Uint8Array(floats.buffer);
}

for (const { datatype, layout, pixelFormat, shape } of pictures) {
  Deno.test(`the instant server reads a frame's number out of ${datatype} ${layout}`, async () => {
    const folder = await Deno.makeTempDir();
    const clip = await ensureClip(folder, { width: 320, height: 180, fps: 30 });
    const { child, port } = await startListening(Deno.execPath(), [
      ...["run", "-A", "--quiet", serverPath, "--read_frames"],
      ...["--datatype", datatype, "--layout", layout],
    ]);
    await using _server = child;
    const Client = makeGenericClientConstructor(await loadKserve(), "KServe");
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    try {
      for (const frame of [0, 1, 137, 299]) {
        const pixels = await decode(clip, frame, pixelFormat);
        const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
        client["ModelInfer"]?.({
          model_name: "instant",
          inputs: [{ name: "image", datatype, shape }],
          raw_input_contents: [datatype === "FP32" ? scaleFloats(pixels) : pixels],
        }, (error: Error | null, answer: { raw_output_contents: Uint8Array[] }) => {
          const [output] = answer?.raw_output_contents ?? [];
          if (output) resolve(Uint8Array.from(output)); // a Buffer may share its memory
          else reject(error);
        });
        const rows = new Float32Array((await promise).buffer);
        assert.equal(decodeFrame(rows[3] ?? NaN), frame);
      }
    } finally {
      client.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("the instant server outlives 200 connections, some broken off, some talking nonsense", async () => {
  const { child, port } = await startListening(Deno.execPath(), [
    ...["run", "-A", "--quiet", serverPath],
  ]);
  await using _server = child;
  const inputs: Tensors = {
    image: { datatype: "UINT8", shape: [1, 300, 300, 3], data: new Uint8Array(270_000) },
  };
  const config = serverConfig({ url: `grpc://127.0.0.1:${port}`, modelName: "instant" });
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 10 }, async (_, index) => {
      if (index === 0) {
        using nonsense = await Deno.connect({ hostname: "127.0.0.1", port });
        await nonsense.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n".repeat(100)));
        return;
      }
      await using inference = openInference(config, getLogger(["test"]));
      const signal = index === 1 ? AbortSignal.timeout(1) : undefined;
      const answer = inference.infer(inputs, signal && { signal });
      if (signal) await answer.catch(() => undefined);
      else assert.ok((await answer)["detection_out"]);
    }));
  }
});
