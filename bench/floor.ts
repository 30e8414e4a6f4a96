/**
 * How close Sightline stands to its floor: CPU of its whole process tree for 1080p streams over RTSP
 * with the model server elsewhere, over that of ffmpeg alone decoding and scaling the same streams,
 * one process for each. The arms take turns within one run, since a shared machine changes its speed by the hour.
 *
 *   deno task bench floor [--streams 1] [--fps 30] [--mbit_per_s 4] [--passes 3] [--seconds 20]
 *       [--sightline_warmup_seconds 60] [--datatype UINT8|FP32] [--layout NHWC|NCHW] [--server HOST:PORT --model_name NAME]
 *       [--events] [--outputs] [--python_demo FOLDER [--python PATH]] [--peer NAME=COMMAND]… [--json]
 *
 * `--events` adds an arm that follows objects and keeps events and pictures; `--outputs` arms that
 * send the video on, as it is and with boxes, beside an ffmpeg that decodes, draws one box and encodes
 * with the same settings; `--python_demo` adds
 * OpenVINO Model Server's own demo to the arms, `--peer` whatever a shell can run, with `{url}`,
 * `{server}` and `{model}` filled in: see `bench/peers.md`.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../tests/support/free_port.ts";
import { Child } from "./child.ts";
import { describeMachine } from "./machine.ts";
import { treeCpuSeconds, treeMemory } from "./process_tree.ts";
import { median, table } from "./sample.ts";
import { startFfmpeg, startInstantServer } from "./start.ts";
import { type Settings, startCameras, startConfig } from "./streams.ts";

/** One arm, once. */
interface Pass {
  readonly cores: number;
  readonly rssMb: number;
  readonly pssMb: number;
  /** Of processor for each picture that was encoded; NaN where none was, or none was counted. */
  readonly msPerPicture: number;
}

const { values: flags } = parseArgs({
  options: {
    streams: { type: "string", default: "1" },
    fps: { type: "string", default: "30" },
    mbit_per_s: { type: "string", default: "4" },
    passes: { type: "string", default: "3" },
    seconds: { type: "string", default: "20" },
    warmup_seconds: { type: "string", default: "6" },
    // At 30 frames a second it takes V8 most of a minute to have compiled what runs all the time.
    sightline_warmup_seconds: { type: "string", default: "60" },
    size: { type: "string", default: "300:300" },
    datatype: { type: "string", default: "UINT8" },
    layout: { type: "string", default: "NHWC" },
    events: { type: "boolean", default: false },
    outputs: { type: "boolean", default: false },
    server: { type: "string" },
    model_name: { type: "string", default: "instant" },
    python_demo: { type: "string" },
    python: { type: "string", default: "python3" },
    peer: { type: "string", multiple: true, default: [] },
    json: { type: "boolean", default: false },
  },
});

const folder = await Deno.makeTempDir({ prefix: "floor_" });
/** Pictures that an arm has encoded until now; a busy machine lets some arms fall behind. */
let countEncoded = (): Promise<number> => Promise.resolve(NaN);
const encoded: number[] = [];
const [width = "300", height = "300"] = flags.size.split(":");
const server = flags.server === undefined ? await startServer() : null;
const serverAddress = flags.server ?? `127.0.0.1:${server?.port}`;
const cameras = await startCameras(
  {
    width: 1920,
    height: 1080,
    fps: Number(flags.fps),
    mbitPerSecond: Number(flags.mbit_per_s),
  },
  Number(flags.streams),
);
const urls = Array.from(
  { length: Number(flags.streams) },
  (_, index) => cameras.url(`cam${index}`),
);
const summaries: Record<string, unknown>[] = [];

/** Processes that together do the work of all streams. */
const arms: Record<string, () => Promise<Child[]>> = {
  "ffmpeg alone": () => startFfmpegs(null),
  "ffmpeg alone, bgr24": () => startFfmpegs("bgr24"),
  "sightline": () => startOurs(),
};
if (flags.events) arms["sightline, events"] = () => startOurs(withEvents);
if (flags.outputs) {
  arms["ffmpeg, a box and encoding"] = () => Promise.resolve(urls.map(startBoxedFfmpeg));
  arms["sightline, packets to a file"] = () => startOurs(withOutput(false));
  arms["sightline, boxes to a file"] = () => startOurs(withOutput(true));
}
if (flags.python_demo !== undefined) {
  arms["python demo"] = () => startPythonDemos();
  arms["python demo, --binary_input"] = () => startPythonDemos("--binary_input");
}

for (const peer of flags.peer) {
  const [name, ...command] = peer.split("=");
  arms[name!] = () => startPeers(command.join("="));
}

const passes: Record<string, Pass[]> = {};
try {
  for (let pass = 0; pass < Number(flags.passes); pass++) {
    for (const [name, start] of Object.entries(arms)) {
      (passes[name] ??= []).push(await measure(start, warmupOf(name)));
    }
  }
} finally {
  await cameras[Symbol.asyncDispose]();
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
    msPerPicture: median(runs.map(({ msPerPicture }) => msPerPicture)),
    rssMb: median(runs.map(({ rssMb }) => rssMb)),
    pssMb: median(runs.map(({ pssMb }) => pssMb)),
    passes: runs,
  })),
  summaries,
  valid: summaries.every(isWhole),
};
await print(flags.json ? JSON.stringify(report, null, 2) : describe());

function startServer() {
  const shape = ["--datatype", flags.datatype, "--layout", flags.layout];
  return startInstantServer([...shape, "--width", width, "--height", height]);
}

function startFfmpegs(pixelFormat: string | null): Promise<Child[]> {
  return Promise.resolve(urls.map((url) => startFfmpeg(url, flags.size, pixelFormat)));
}

/** What people have who want to know who came, stayed and left. */
function withEvents(stream: Settings): Settings {
  const zones = [
    { name: "left", polygon: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]] },
    { name: "below", polygon: [[0, 0.6], [1, 0.6], [1, 1], [0, 1]] },
  ];
  return { ...stream, track: true, zones };
}

function withOutput(boxes: boolean): (stream: Settings) => Settings {
  return (stream) => ({
    ...stream,
    output: [{ file: { path: join(folder, "%N-%H%M%S.mp4"), boxes } }],
  });
}

/** Frames for the model, and what goes out with a box, by one ffmpeg. */
function startBoxedFfmpeg(url: string, index: number): Child {
  encoded[index] = 0;
  countEncoded = () => Promise.resolve(sum(encoded));
  const path = join(folder, `boxed${index}.mp4`);
  return new Child("ffmpeg", [
    ...["-v", "error", "-nostdin", "-progress", "pipe:1", "-rtsp_transport", "tcp", "-i", url],
    ...["-vf", `scale=${flags.size}`, "-pix_fmt", "bgr24", "-f", "rawvideo", "-y", "/dev/null"],
    ...["-vf", "drawbox=x=300:y=300:w=400:h=400:color=red:t=3", "-c:v", "libx264"],
    ...[
      "-preset",
      "veryfast",
      "-tune",
      "zerolatency",
      "-crf",
      "23",
      "-g",
      String(2 * Number(flags.fps)),
    ],
    ...["-f", "mp4", "-y", path],
  ], (line) => {
    const [, frames] = /^frame=(\d+)/.exec(line) ?? [];
    if (frames !== undefined) encoded[index] = Number(frames);
  });
}

async function startOurs(
  more: ((stream: Settings) => Settings) | null = null,
): Promise<Child[]> {
  const port = more === null ? null : freePort();
  countEncoded = () => port === null ? Promise.resolve(NaN) : countSent(port);
  const noteSummary = (line: string) => void summaries.push(JSON.parse(line));
  return [
    await startConfig(
      {
        defaults: {
          ovms_url: serverAddress,
          model_name: flags.model_name,
          sink: [`jsonl:${join(folder, "records.jsonl")}`],
        },
        streams: Object.fromEntries(
          urls.map((
            stream_url,
            index,
          ) => [`cam${index}`, more?.({ stream_url }) ?? { stream_url }]),
        ),
        ...more && { data_dir: await Deno.makeTempDir({ dir: folder }), visualizer_port: port },
      },
      folder,
      noteSummary,
    ),
  ];
}

/** Pictures that outputs were given; NaN where there are none. */
async function countSent(port: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const samples = [...metrics.matchAll(/^sightline_output_pictures_total\{.*\} (\d+)/gm)];
  return samples.length === 0 ? NaN : sum(samples.map(([, count]) => Number(count)));
}

function startPythonDemos(...more: string[]): Promise<Child[]> {
  return Promise.resolve(urls.map((url) =>
    new Child(flags.python, [
      join(flags.python_demo ?? "", "real_time_stream_analysis.py"),
      ...["--stream_url", url, "--ovms_url", serverAddress],
      ...["--model_name", flags.model_name, ...more],
    ], () => {})
  ));
}

function startPeers(command: string): Promise<Child[]> {
  return Promise.resolve(urls.map((url) => {
    const filled = command.replaceAll("{url}", url).replaceAll("{server}", serverAddress)
      .replaceAll("{model}", flags.model_name);
    // The shell executes the program in its own place, so that it is measured and ended itself.
    return new Child("sh", ["-c", `exec ${filled}`], () => {});
  }));
}

/** Whether a pass analysed all but the few frames that were under way when it was stopped. */
function isWhole(summary: Record<string, unknown>): boolean {
  const { received, processed } = summary["frames"] as { received: number; processed: number };
  return processed >= 0.99 * received;
}

/** What runs for months is measured as it is then. */
function warmupOf(arm: string): string {
  return arm.startsWith("sightline") ? flags.sightline_warmup_seconds : flags.warmup_seconds;
}

async function measure(start: () => Promise<Child[]>, warmupSeconds: string): Promise<Pass> {
  await using owned = new AsyncDisposableStack();
  const children = (await start()).map((child) => owned.use(child));
  const ended = Promise.race(children.map(async ({ status }) => {
    const { code } = await status;
    throw new Error(`Cannot measure ${code === 0 ? "a" : "a failed"} process: it ended by itself`);
  }));
  ended.catch(() => {});
  const wait = (seconds: string) =>
    Promise.race([new Promise((done) => setTimeout(done, Number(seconds) * 1000)), ended]);
  const cpuSeconds = async () =>
    sum(await Promise.all(children.map(({ pid }) => treeCpuSeconds(pid))));

  await wait(warmupSeconds);
  const pictures = await countEncoded();
  const [cpu, at] = [await cpuSeconds(), performance.now()];
  await wait(flags.seconds);
  const seconds = (performance.now() - at) / 1000;
  const cpuS = await cpuSeconds() - cpu;
  const msPerPicture = cpuS * 1000 / (await countEncoded() - pictures);
  countEncoded = () => Promise.resolve(NaN);
  const memory = await Promise.all(children.map(({ pid }) => treeMemory(pid)));
  return {
    cores: cpuS / seconds,
    msPerPicture,
    rssMb: sum(memory.map(({ rssBytes }) => rssBytes)) / 1e6,
    pssMb: sum(memory.map(({ pssBytes }) => pssBytes)) / 1e6,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function describe(): string {
  const rows = report.arms.map((
    { name, cores, sightlineOver, rssMb, pssMb, msPerPicture, passes },
  ) => {
    const all = passes.map((pass) => pass.cores);
    const range = `${Math.min(...all).toFixed(3)}–${Math.max(...all).toFixed(3)}`;
    return [
      name,
      cores.toFixed(3),
      range,
      sightlineOver.toFixed(2),
      rssMb.toFixed(0),
      pssMb.toFixed(0),
      ...flags.outputs ? [Number.isNaN(msPerPicture) ? "" : msPerPicture.toFixed(1)] : [],
    ];
  });
  const head = ["arm", "cores", "range", "sightline / arm", "RSS, MB", "PSS, MB"].concat(
    flags.outputs ? ["ms a picture sent"] : [],
  );
  const { date, cores, arch, deno, ffmpeg } = report.machine;
  return [
    `${flags.streams} × 1080p${flags.fps} over RTSP → ${flags.size} ${flags.datatype} ${flags.layout}, ${flags.passes} passes of ` +
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
