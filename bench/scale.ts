/**
 * How many cameras one process holds: the largest number of 640×360 streams at 10 frames a second of
 * which no frame is dropped and 99 in 100 results are at most 200 ms old. Cameras and model server
 * run on the same machine, and take their share of it.
 *
 *   deno task bench scale [--from 8] [--to 128] [--seconds 15] [--warmup_seconds 8] [--json]
 *   deno task bench scale --only 8,32      these numbers, held or not: what memory a further one takes
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import { listTree, processMemory, treeCpuSeconds } from "./process_tree.ts";
import { readWindow } from "./records.ts";
import { quantile, table } from "./sample.ts";
import { startInstantServer } from "./start.ts";
import { startCameras, startConfig } from "./streams.ts";

/** One number of streams, tried. */
interface Trial {
  readonly streams: number;
  readonly held: boolean;
  readonly missing: number;
  /** Results a second of all streams, over what the cameras sent. */
  readonly share: number;
  readonly p99AgeMs: number;
  /** Cores used by the whole tree. */
  readonly cores: number;
  readonly ownPssMb: number;
  readonly ffmpegPssMb: number;
}

const { values: flags } = parseArgs({
  options: {
    from: { type: "string", default: "8" },
    to: { type: "string", default: "128" },
    only: { type: "string" },
    seconds: { type: "string", default: "15" },
    warmup_seconds: { type: "string", default: "8" },
    json: { type: "boolean", default: false },
  },
});
const shape = { width: 640, height: 360, fps: 10 };
const maxAgeMs = 200;

const trials: Trial[] = [];
const only = flags.only?.split(",").map(Number);
for (const streams of only ?? []) trials.push(await attempt(streams));
const largest = only
  ? Math.max(0, ...trials.filter(({ held }) => held).map(({ streams }) => streams))
  : await search(Number(flags.from), Number(flags.to));
const [few, many] = [trials[0], trials.findLast(({ held }) => held || only)];
const perStream = few && many && many.streams > few.streams
  ? {
    ownPssMb: (many.ownPssMb - few.ownPssMb) / (many.streams - few.streams),
    ffmpegPssMb: many.ffmpegPssMb / many.streams,
  }
  : null;
const report = {
  bench: "scale",
  machine: await describeMachine(),
  flags,
  largest,
  perStream,
  trials,
};
await Deno.stdout.write(
  new TextEncoder().encode(`${flags.json ? JSON.stringify(report, null, 2) : describe()}\n`),
);

/** Doubles until it no longer holds, then halves the distance to within an eighth. */
async function search(from: number, to: number): Promise<number> {
  let holds = 0;
  let breaks = to + 1;
  for (let streams = from; breaks - holds > Math.max(1, holds / 8);) {
    const trial = await attempt(streams);
    trials.push(trial);
    if (trial.held) holds = streams;
    else breaks = streams;
    streams = breaks > to ? Math.min(to, streams * 2) : Math.floor((holds + breaks) / 2);
    if (holds === to || streams === 0) break;
  }
  return holds;
}

async function attempt(streams: number): Promise<Trial> {
  const folder = await Deno.makeTempDir({ prefix: "scale_" });
  try {
    const server = await startInstantServer();
    await using _server = server.child;
    await using cameras = await startCameras(shape, streams);
    const path = join(folder, "records.jsonl");
    await using child = await startConfig({
      defaults: {
        ovms_url: `127.0.0.1:${server.port}`,
        model_name: "instant",
        sink: [`jsonl:${path}`],
      },
      streams: Object.fromEntries(
        Array.from({ length: streams }, (_, index) => [
          `cam${index}`,
          { stream_url: cameras.url(`cam${index}`) },
        ]),
      ),
    }, folder);
    // All cameras connect at once: give that time to pass.
    await setTimeout((Number(flags.warmup_seconds) + streams / 8) * 1000);
    const [before, fromMs] = [await treeCpuSeconds(child.pid), Date.now()];
    await setTimeout(Number(flags.seconds) * 1000);
    const [after, toMs] = [await treeCpuSeconds(child.pid), Date.now()];
    const memory = await memoryByProgram(child.pid);
    // What was captured last must have had the time to become a record.
    await setTimeout(maxAgeMs * 3);
    const windows = await readWindow(path, fromMs, toMs);
    const missing = windows.reduce((sum, { missing }) => sum + missing, 0);
    const records = windows.reduce((sum, { records }) => sum + records, 0);
    const seconds = (toMs - fromMs) / 1000;
    const share = records / (streams * shape.fps * seconds);
    const p99AgeMs = quantile(windows.flatMap(({ agesMs }) => agesMs), 0.99);
    return {
      streams,
      // One frame of each may stand on the edge of the while.
      held: missing === 0 && windows.length === streams && share > 0.97 && p99AgeMs <= maxAgeMs,
      missing,
      share,
      p99AgeMs,
      cores: (after - before) / seconds,
      ...memory,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function memoryByProgram(pid: number) {
  let [ownPssMb, ffmpegPssMb] = [0, 0];
  for (const process of await listTree(pid)) {
    const { pssBytes } = await processMemory(process.pid);
    if (process.command === "ffmpeg") ffmpegPssMb += pssBytes / 1e6;
    else ownPssMb += pssBytes / 1e6;
  }
  return { ownPssMb, ffmpegPssMb };
}

function describe(): string {
  const { machine } = report;
  return [
    `640×360 at 10 fps, ${flags.seconds} s each, ${machine.date}, ${machine.cores} cores ` +
    `${machine.arch}, Deno ${machine.deno}, ffmpeg ${machine.ffmpeg}`,
    "",
    table([
      [
        "streams",
        "held",
        "missing",
        "share",
        "p99 age, ms",
        "cores",
        "own PSS, MB",
        "ffmpeg PSS, MB",
      ],
      ...trials.map((trial) => [
        String(trial.streams),
        trial.held ? "yes" : "no",
        String(trial.missing),
        trial.share.toFixed(3),
        trial.p99AgeMs.toFixed(0),
        trial.cores.toFixed(2),
        trial.ownPssMb.toFixed(0),
        trial.ffmpegPssMb.toFixed(0),
      ]),
    ]),
    "",
    `Largest number held: ${largest}`,
    ...(perStream === null ? [] : [
      `Memory a stream: ${perStream.ownPssMb.toFixed(1)} MB of ours, ` +
      `${perStream.ffmpegPssMb.toFixed(1)} MB of ffmpeg's`,
    ]),
  ].join("\n");
}
