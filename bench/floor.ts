/**
 * How close Sightline stands to its floor: CPU of its whole process tree for one 1080p30 RTSP
 * stream with the model server elsewhere, over that of ffmpeg alone decoding and scaling the same
 * stream. The arms take turns within one run, since a shared machine changes its speed by the hour.
 *
 *   deno task bench:floor [--passes 3] [--seconds 20] [--datatype UINT8|FP32] [--layout NHWC|NCHW]
 *       [--server HOST:PORT --model_name NAME] [--python_demo FOLDER [--python PATH]] [--json]
 *
 * `--python_demo` adds OpenVINO Model Server's own demo to the arms: see `bench/python_demo.md`.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startCamera } from "./camera.ts";
import { Child, startListening } from "./child.ts";
import { describeMachine } from "./machine.ts";
import { treeCpuSeconds, treeMemory } from "./process_tree.ts";
import { median, table } from "./sample.ts";
import { startFfmpeg, startSightline } from "./under_test.ts";

/** One arm, once. */
interface Pass {
  readonly cores: number;
  readonly rssMb: number;
  readonly pssMb: number;
}

const { values: flags } = parseArgs({
  options: {
    passes: { type: "string", default: "3" },
    seconds: { type: "string", default: "20" },
    warmup_seconds: { type: "string", default: "6" },
    size: { type: "string", default: "300:300" },
    datatype: { type: "string", default: "UINT8" },
    layout: { type: "string", default: "NHWC" },
    server: { type: "string" },
    model_name: { type: "string", default: "instant" },
    python_demo: { type: "string" },
    python: { type: "string", default: "python3" },
    json: { type: "boolean", default: false },
  },
});

const folder = await Deno.makeTempDir({ prefix: "floor_" });
const [width = "300", height = "300"] = flags.size.split(":");
const server = flags.server === undefined ? await startServer() : null;
const serverAddress = flags.server ?? `127.0.0.1:${server?.port}`;
const camera = await startCamera({ width: 1920, height: 1080, fps: 30 });
const summaries: Record<string, unknown>[] = [];

const arms: Record<string, () => Child> = {
  "ffmpeg alone": () => startFfmpeg(camera.url, flags.size, null),
  "ffmpeg alone, bgr24": () => startFfmpeg(camera.url, flags.size, "bgr24"),
  "sightline": startOurs,
};
if (flags.python_demo !== undefined) {
  arms["python demo"] = () => startPythonDemo();
  arms["python demo, --binary_input"] = () => startPythonDemo("--binary_input");
}

const passes: Record<string, Pass[]> = {};
try {
  for (let pass = 0; pass < Number(flags.passes); pass++) {
    for (const [name, start] of Object.entries(arms)) {
      (passes[name] ??= []).push(await measure(start));
    }
  }
} finally {
  await camera[Symbol.asyncDispose]();
  await server?.child[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
}

const ours = passes["sightline"] ?? [];
const report = {
  bench: "floor",
  machine: await describeMachine(),
  flags,
  arms: Object.entries(passes).map(([name, runs]) => ({
    name,
    cores: median(runs.map(({ cores }) => cores)),
    // Pass by pass: those two ran within a minute of each other.
    sightlineOver: median(ours.map(({ cores }, at) => cores / (runs[at]?.cores ?? NaN))),
    rssMb: median(runs.map(({ rssMb }) => rssMb)),
    pssMb: median(runs.map(({ pssMb }) => pssMb)),
    passes: runs,
  })),
  summaries,
  valid: summaries.every(isWhole),
};
await print(flags.json ? JSON.stringify(report, null, 2) : describe());

function startServer() {
  const script = join(import.meta.dirname ?? ".", "instant_server.ts");
  const shape = ["--datatype", flags.datatype, "--layout", flags.layout];
  return startListening(Deno.execPath(), [
    ...["run", "-A", "--quiet", script, ...shape, "--width", width, "--height", height],
  ]);
}

function startOurs(): Child {
  return startSightline([
    ...["--stream_url", camera.url, "--ovms_url", serverAddress],
    ...["--model_name", flags.model_name, "--sink", `jsonl:${join(folder, "records.jsonl")}`],
    "--benchmark",
  ], (line) => void summaries.push(JSON.parse(line)));
}

function startPythonDemo(...more: string[]): Child {
  return new Child(flags.python, [
    join(flags.python_demo ?? "", "real_time_stream_analysis.py"),
    ...["--stream_url", camera.url, "--ovms_url", serverAddress],
    ...["--model_name", flags.model_name, ...more],
  ], () => {});
}

/** Whether a pass analysed all but the few frames that were under way when it was stopped. */
function isWhole(summary: Record<string, unknown>): boolean {
  const { received, processed } = summary["frames"] as { received: number; processed: number };
  return processed >= 0.99 * received;
}

async function measure(start: () => Child): Promise<Pass> {
  await using child = start();
  const ended = child.status.then(({ code }) => {
    throw new Error(`Cannot measure ${code === 0 ? "a" : "a failed"} process: it ended by itself`);
  });
  ended.catch(() => {});
  const wait = (seconds: string) =>
    Promise.race([new Promise((done) => setTimeout(done, Number(seconds) * 1000)), ended]);

  await wait(flags.warmup_seconds);
  const [cpu, at] = [await treeCpuSeconds(child.pid), performance.now()];
  await wait(flags.seconds);
  const seconds = (performance.now() - at) / 1000;
  const cores = (await treeCpuSeconds(child.pid) - cpu) / seconds;
  const { rssBytes, pssBytes } = await treeMemory(child.pid);
  return { cores, rssMb: rssBytes / 1e6, pssMb: pssBytes / 1e6 };
}

function describe(): string {
  const rows = report.arms.map(({ name, cores, sightlineOver, rssMb, pssMb, passes }) => {
    const all = passes.map((pass) => pass.cores);
    const range = `${Math.min(...all).toFixed(3)}–${Math.max(...all).toFixed(3)}`;
    return [
      name,
      cores.toFixed(3),
      range,
      sightlineOver.toFixed(2),
      rssMb.toFixed(0),
      pssMb.toFixed(0),
    ];
  });
  const head = ["arm", "cores", "range", "sightline / arm", "RSS, MB", "PSS, MB"];
  const { date, cores, arch, deno, ffmpeg } = report.machine;
  return [
    `1080p30 over RTSP → ${flags.size} ${flags.datatype} ${flags.layout}, ${flags.passes} passes of ` +
    `${flags.seconds} s, ${date}, ${cores} cores ${arch}, Deno ${deno}, ffmpeg ${ffmpeg}`,
    "",
    table([head, ...rows]),
    "",
    ...summaries.map((summary) => JSON.stringify(summary)),
    ...(summaries.every(isWhole) ? [] : ["INVALID: Sightline dropped frames, so it did less work"]),
  ].join("\n");
}

async function print(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
}
