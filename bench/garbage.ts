/**
 * What a frame leaves for the garbage collector on its whole way through the main thread, from a
 * 1080p30 camera over RTSP to a record: V8's heap and buffers outside it, in windows of two seconds.
 * The plugin's Worker has a heap of its own, which is not in here.
 *
 *   deno task bench garbage [--windows 5] [--datatype UINT8|FP32]
 *
 * The task gives V8 a young generation so large that nothing is collected within a window.
 */

import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { run } from "../src/cli/run.ts";
import { startListening } from "./child.ts";
import { clipsFolder, ensureClip } from "./clip.ts";
import { median } from "./sample.ts";
import { startInstantServer } from "./start.ts";

/** Bytes a frame. */
interface Garbage {
  readonly heap: number;
  readonly buffers: number;
}

/** Until V8 has compiled what runs for every frame, some of it is allocated that is not later. */
const warmUpMs = 20_000;
const windowMs = 2000;
const settleMs = 100;

const { values: flags } = parseArgs({
  options: {
    windows: { type: "string", default: "5" },
    datatype: { type: "string", default: "UINT8" },
  },
});
const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new TypeError("Cannot measure: start it by its task");

const folder = await Deno.makeTempDir({ prefix: "garbage_" });
const records = join(folder, "records.jsonl");
const { child, port } = await startInstantServer(["--datatype", flags.datatype]);
await using _server = child;
const clip = await ensureClip(clipsFolder, { width: 1920, height: 1080, fps: 30 });
const rtspServer = fileURLToPath(new URL("../tests/support/rtsp_server.py", import.meta.url));
// It says nothing while it runs: lines to read would be garbage of this process.
const camera = await startListening("/usr/bin/python3", [rtspServer, `cam=${clip}`]);
await using _camera = camera.child;
const controller = new AbortController();
const running = run(
  [
    ...[
      "--stream_url",
      `rtsp://127.0.0.1:${camera.port}/cam`,
      "--ovms_url",
      `127.0.0.1:${port}`,
      "--model_name",
      "instant",
    ],
    ...["--sink", `jsonl:${records}`, "--log_level", "WARNING"],
  ],
  controller.signal,
  { allowDrain() {}, insist() {} },
);
await pause(warmUpMs);
const windows: Garbage[] = [];
for (let window = 0; window < Number(flags.windows); window++) windows.push(await measure());
controller.abort();
await running;
await Deno.remove(folder, { recursive: true });
for (const kind of ["heap", "buffers"] as const) {
  const kilobytes = median(windows.map((window) => window[kind])) / 1000;
  print(`${kind}: ${kilobytes.toFixed(1)} KB a frame (median of ${windows.length} windows)`);
}

async function measure(): Promise<Garbage> {
  collect!();
  // Memory of buffers is given back by another thread, a little later.
  await pause(settleMs);
  collect!();
  await pause(settleMs);
  const framesBefore = await countRecords();
  const before = Deno.memoryUsage();
  await pause(windowMs);
  const after = Deno.memoryUsage();
  const frames = await countRecords() - framesBefore;
  return {
    heap: (after.heapUsed - before.heapUsed) / frames,
    buffers: (after.external - before.external) / frames,
  };
}

async function countRecords(): Promise<number> {
  return (await Deno.readTextFile(records)).split("\n").length - 1;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
