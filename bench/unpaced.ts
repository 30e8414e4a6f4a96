/**
 * How fast a file is worked through when nothing paces it: frames a second over those of ffmpeg
 * alone, which decodes and scales the same file. The model server answers at once. The arms take
 * turns within one run.
 *
 *   deno task bench unpaced [--passes 5] [--repeat 5] [--json]
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { clipFrames, clipsFolder, ensureClip } from "./clip.ts";
import { describeMachine } from "./machine.ts";
import { median, table } from "./sample.ts";
import { startInstantServer, startSightline } from "./start.ts";

/** Frames a second of one pass. */
interface Pass {
  readonly ffmpeg: number;
  /** From the first frame to the last record. */
  readonly steady: number;
  /** From the start of the process to its end. */
  readonly whole: number;
}

const { values: flags } = parseArgs({
  options: {
    passes: { type: "string", default: "5" },
    repeat: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const frames = clipFrames * Number(flags.repeat);

const folder = await Deno.makeTempDir({ prefix: "unpaced_" });
const passes: Pass[] = [];
try {
  const file = await makeFile();
  const server = await startInstantServer();
  await using _server = server.child;
  for (let pass = 0; pass < Number(flags.passes); pass++) {
    const ffmpeg = await timeFfmpeg(file);
    passes.push({ ffmpeg, ...await timeSightline(file, server.port) });
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

const report = {
  bench: "unpaced",
  machine: await describeMachine(),
  flags,
  frames,
  steadyOverFfmpeg: median(passes.map(({ steady, ffmpeg }) => steady / ffmpeg)),
  wholeOverFfmpeg: median(passes.map(({ whole, ffmpeg }) => whole / ffmpeg)),
  passes,
};
await Deno.stdout.write(
  new TextEncoder().encode(`${flags.json ? JSON.stringify(report, null, 2) : describe()}\n`),
);

/** The bench clip several times over: an elementary stream goes on where it is continued. */
async function makeFile(): Promise<string> {
  const clip = await Deno.readFile(
    await ensureClip(clipsFolder, { width: 1920, height: 1080, fps: 30 }),
  );
  const all = join(folder, "all.h264");
  for (let lap = 0; lap < Number(flags.repeat); lap++) {
    await Deno.writeFile(all, clip, { append: true });
  }
  const file = join(folder, "all.mp4");
  await ffmpegDone(["-r", "30", "-i", all, "-c", "copy", file]);
  return file;
}

async function timeFfmpeg(file: string): Promise<number> {
  const startMs = performance.now();
  await ffmpegDone([
    "-i",
    file,
    "-an",
    "-vf",
    "scale=300:300",
    "-f",
    "rawvideo",
    "-y",
    "/dev/null",
  ]);
  return frames / (performance.now() - startMs) * 1000;
}

async function ffmpegDone(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ffmpeg", {
    args: ["-hide_banner", "-loglevel", "error", "-nostdin", ...args],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot run ffmpeg: ${new TextDecoder().decode(stderr).trim()}`);
}

async function timeSightline(file: string, port: number): Promise<Omit<Pass, "ffmpeg">> {
  const startMs = performance.now();
  let summary: { duration_s: number; frames: { processed: number } } | undefined;
  await using child = startSightline([
    ...["--stream_url", file, "--ovms_url", `127.0.0.1:${port}`, "--model_name", "instant"],
    ...["--sink", `jsonl:${join(folder, "records.jsonl")}`, "--benchmark"],
  ], (line) => summary = JSON.parse(line));
  await child.status;
  const wholeMs = performance.now() - startMs;
  const processed = summary?.frames.processed;
  if (summary === undefined || processed !== frames) {
    throw new Error(`Cannot measure: ${processed} of ${frames} frames became records`);
  }
  return { steady: frames / summary.duration_s, whole: frames / wholeMs * 1000 };
}

function describe(): string {
  const { machine } = report;
  const row = (name: string, key: keyof Pass, ratio: number | null) => {
    const all = passes.map((pass) => pass[key]);
    return [
      name,
      median(all).toFixed(0),
      `${Math.min(...all).toFixed(0)}–${Math.max(...all).toFixed(0)}`,
      ratio?.toFixed(2) ?? "",
    ];
  };
  return [
    `${frames} frames of 1080p from a file → 300×300, ${flags.passes} passes, ${machine.date}, ` +
    `${machine.cores} cores ${machine.arch}, Deno ${machine.deno}, ffmpeg ${machine.ffmpeg}`,
    "",
    table([
      ["arm", "frames a second, median", "range", "over ffmpeg"],
      row("ffmpeg alone", "ffmpeg", null),
      row("sightline, first frame to last record", "steady", report.steadyOverFfmpeg),
      row("sightline, whole process", "whole", report.wholeOverFfmpeg),
    ]),
  ].join("\n");
}
