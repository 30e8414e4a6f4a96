/**
 * How soon results are back after a failure: the camera returns, the model server returns, the model
 * server was frozen for five seconds, Sightline itself was. Each some times over, with one camera of
 * 640×360 at 25 frames a second and the demo's detector.
 *
 *   deno task bench recovery [--repeat 5] [--json]
 */
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { withModelServer } from "../tests/support/with_model_server.ts";
import { describeMachine } from "./machine.ts";
import { median, table } from "./sample.ts";
import { startCameras } from "./streams.ts";
import { startSightline } from "./start.ts";

/** One record, as it came. */
interface Arrival {
  readonly atMs: number;
  readonly ageMs: number;
}

const { values: flags } = parseArgs({
  options: {
    repeat: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const shape = { width: 640, height: 360, fps: 25 };
const frozenMs = 5000;
/** Records with an age of at most twice the normal that make it normal again. */
const calm = 5;

const figures: Record<string, number[]> = {};
let arrivals: Arrival[] = [];
await using model = await withModelServer({
  modelPath: fileURLToPath(new URL("../demo/person_vehicle_bike.onnx", import.meta.url)),
});
let cameras = await startCameras(shape, 1);
try {
  await using sightline = startSightline([
    ...["--stream_url", cameras.url("cam0"), "--ovms_url", `127.0.0.1:${model.grpcPort}`],
    ...["--model_name", model.modelName, "--sink", "stdout"],
  ], function noteArrival(line) {
    arrivals.push({ atMs: performance.now(), ageMs: JSON.parse(line).age_ms });
  });
  await arrived(100);
  const normalMs = Math.max(1, median(arrivals.slice(-50).map(({ ageMs }) => ageMs)));
  figures["normal age, ms"] = [normalMs];
  for (let turn = 0; turn < Number(flags.repeat); turn++) {
    await cameras.kill();
    await setTimeout(2000);
    const { port } = cameras;
    cameras = await startCameras(shape, 1, port);
    note("camera listens again → first result, ms", await firstAfter(performance.now()));

    await model.kill();
    await setTimeout(2000);
    await model.restart();
    note("model server serves again → first result, ms", await firstAfter(performance.now()));

    Deno.kill(model.pid, "SIGSTOP");
    await setTimeout(frozenMs);
    Deno.kill(model.pid, "SIGCONT");
    note("model server thawed → age under twice its normal, ms", await calmAfter(normalMs));

    Deno.kill(sightline.pid, "SIGSTOP");
    await setTimeout(frozenMs);
    Deno.kill(sightline.pid, "SIGCONT");
    note("Sightline thawed → age under twice its normal, ms", await calmAfter(normalMs));
  }
} finally {
  await cameras[Symbol.asyncDispose]();
}

const report = { bench: "recovery", machine: await describeMachine(), flags, figures };
await Deno.stdout.write(
  new TextEncoder().encode(`${flags.json ? JSON.stringify(report, null, 2) : describe()}\n`),
);

function note(name: string, ms: number): void {
  (figures[name] ??= []).push(ms);
}

/** Milliseconds from `fromMs` to the first record after it. */
async function firstAfter(fromMs: number): Promise<number> {
  arrivals = [];
  await arrived(1);
  return arrivals[0]!.atMs - fromMs;
}

/** Milliseconds from now to the first of a few records in a row that are young. */
async function calmAfter(normalMs: number): Promise<number> {
  const fromMs = performance.now();
  arrivals = [];
  for (let count = calm;; count++) {
    await arrived(count);
    const last = arrivals.slice(-calm);
    if (last.every(({ ageMs }) => ageMs < 2 * normalMs)) return last[0]!.atMs - fromMs;
  }
}

/** Resolves when so many records have come since `arrivals` was emptied. */
async function arrived(count: number): Promise<void> {
  const giveUpAt = performance.now() + 60_000;
  while (arrivals.length < count) {
    if (performance.now() > giveUpAt) throw new Error("Cannot measure: no result for a minute");
    await setTimeout(5);
  }
}

function describe(): string {
  const { machine } = report;
  return [
    `${flags.repeat} times each, ${machine.date}, ${machine.cores} cores ${machine.arch}, ` +
    `Deno ${machine.deno}, ffmpeg ${machine.ffmpeg}`,
    "",
    table([
      ["from → to", "median", "range"],
      ...Object.entries(figures).map(([name, all]) => [
        name,
        median(all).toFixed(0),
        `${Math.min(...all).toFixed(0)}–${Math.max(...all).toFixed(0)}`,
      ]),
    ]),
  ].join("\n");
}
