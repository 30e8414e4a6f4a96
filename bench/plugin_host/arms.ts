/**
 * A frame through a plugin that does next to nothing, in place and over each host, so that what is
 * measured is the way there and back. A frame is 512×512, the outputs those of a detector with 100
 * rows.
 */

import { fileURLToPath } from "node:url";
import { getLogger } from "@logtape/logtape";
import type { Frame } from "../../src/frame/frame.ts";
import type { Tensors } from "../../src/frame/tensor.ts";
import * as helpers from "../../src/helpers/mod.ts";
import { ProcessGuard } from "../../src/process_guard.ts";
import type { UseCaseHost } from "../../src/use_case/host.ts";
import { planInput } from "../../src/use_case/input/input_plan.ts";
import { PluginPool } from "../../src/use_case/plugin_pool.ts";
import { frameOf } from "../../tests/support/samples.ts";
import makeUseCase from "./use_case.ts";

const side = 512;
const model = {
  name: "m",
  inputs: [{ name: "image", datatype: "UINT8", shape: [1, side, side, 3] }],
  outputs: [],
} as const;

// As ffmpeg delivers them: a buffer of its own for each frame, already written to.
const pixels = new Uint8Array(side * side * 3).fill(7);
const frame = (): Frame => frameOf({ width: side, height: side, data: pixels.slice() });
const outputs = (): Tensors => ({
  boxes: { datatype: "FP32", shape: [1, 1, 100, 7], data: new Float32Array(700).fill(0.5) },
});

const guard = new ProcessGuard();
globalThis.addEventListener("unload", () => guard[Symbol.asyncDispose]());

async function open(isolation: "worker" | "process", preprocess: boolean): Promise<UseCaseHost> {
  const logger = getLogger(["bench"]);
  const plugin = await new PluginPool(logger, () => guard).start(
    {
      module: fileURLToPath(new URL("use_case.ts", import.meta.url)),
      options: { preprocess },
      isolation,
      sharing: "plugin",
      granted: {},
      timeoutMs: 60_000,
      memoryMb: 2048,
      cacheDir: null,
      watch: false,
    },
    "s",
    logger,
  );
  return await plugin.open({ model, binaryInput: false });
}

/** One way of a frame. */
export interface Arm {
  readonly group: "without preprocess" | "with preprocess";
  readonly name: "in place" | "worker" | "process";
  run(): Promise<void>;
}

/** Every way, ready to be gone. */
export async function openArms(): Promise<Arm[]> {
  const arms: Arm[] = [];
  for (const preprocess of [false, true]) {
    const group = preprocess ? "with preprocess" : "without preprocess";
    const { pack } = planInput({}, model, false);
    const context = { stream: "s", model, helpers, pack, log: () => {} };
    const direct = await makeUseCase({ preprocess }, context);
    arms.push({
      ...{ group, name: "in place" },
      run: async function inPlace() {
        const given = frame();
        await (direct.preprocess ?? pack)(given);
        await direct.postprocess(outputs(), given);
      },
    });
    for (const name of ["worker", "process"] as const) {
      const host = await open(name, preprocess);
      arms.push({
        ...{ group, name },
        run: async function confined() {
          const given = frame();
          const { data: _pixels, ...info } = given;
          await host.preprocess(given);
          await host.postprocess(outputs(), info);
        },
      });
    }
  }
  return arms;
}
