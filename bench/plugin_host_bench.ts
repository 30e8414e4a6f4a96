/**
 * What a frame costs more because its plugin is confined: `deno bench -A bench/plugin_host_bench.ts`.
 *
 * A frame is 512×512, the outputs those of a detector with 100 rows; the plugin does next to nothing,
 * so what is measured is the way there and back. `in place` calls the same methods directly.
 */

import { fileURLToPath } from "node:url";
import { getLogger } from "@logtape/logtape";
import { type Frame, wholePicture } from "../src/frame/frame.ts";
import type { Tensors } from "../src/frame/tensor.ts";
import * as helpers from "../src/helpers/mod.ts";
import { ProcessGuard } from "../src/process_guard.ts";
import type { UseCaseHost } from "../src/use_case/host.ts";
import { planInput } from "../src/use_case/input/input_plan.ts";
import { Plugin } from "../src/use_case/plugin.ts";
import makeUseCase from "./plugin_host/use_case.ts";

const side = 512;
const model = {
  name: "m",
  inputs: [{ name: "image", datatype: "UINT8", shape: [1, side, side, 3] }],
  outputs: [],
} as const;

// As ffmpeg delivers them: a buffer of its own for each frame, already written to.
const pixels = new Uint8Array(side * side * 3).fill(7);
const frame = (): Frame => ({
  stream: "s",
  sequence: 0,
  ptsMs: 0,
  capturedAtMs: 0,
  width: side,
  height: side,
  pixelFormat: "bgr24",
  picture: wholePicture,
  data: pixels.slice(),
});
const outputs = (): Tensors => ({
  boxes: { datatype: "FP32", shape: [1, 1, 100, 7], data: new Float32Array(700).fill(0.5) },
});

const guard = new ProcessGuard();
globalThis.addEventListener("unload", () => guard[Symbol.asyncDispose]());

async function open(isolation: "worker" | "process", preprocess: boolean): Promise<UseCaseHost> {
  const plugin = await Plugin.start({
    config: {
      module: fileURLToPath(new URL("plugin_host/use_case.ts", import.meta.url)),
      options: { preprocess },
      isolation,
      granted: {},
      timeoutMs: 60_000,
      memoryMb: 2048,
      cacheDir: null,
      watch: false,
    },
    stream: "s",
    logger: getLogger(["bench"]),
    guard,
  });
  return await plugin.open({ model, binaryInput: false });
}

for (const preprocess of [false, true]) {
  const group = preprocess ? "with preprocess" : "without preprocess";
  const { pack } = planInput({}, model, false);
  const direct = await makeUseCase({ preprocess }, {
    stream: "s",
    model,
    helpers,
    pack,
    log: () => {},
  });
  Deno.bench("in place", { group, baseline: true }, async function inPlace() {
    const given = frame();
    await (direct.preprocess ?? pack)(given);
    await direct.postprocess(outputs(), given);
  });
  for (const isolation of ["worker", "process"] as const) {
    const host = await open(isolation, preprocess);
    Deno.bench(isolation, { group }, async function confined() {
      const given = frame();
      const { data: _pixels, ...info } = given;
      await host.preprocess(given);
      await host.postprocess(outputs(), info);
    });
  }
}
