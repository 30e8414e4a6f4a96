/**
 * What a picture costs that is drawn into and encoded: `annotate` over a file, beside an ffmpeg that
 * decodes it, scales it for the model, draws one box and encodes with the same settings. Neither
 * leaves out a picture, however busy the machine is, so that CPU can be told by the picture; the start
 * is taken off by a second run over a shorter clip.
 *
 *   deno task bench annotate [--passes 3] [--frames 600] [--before FOLDER] [--json]
 *
 * `--before` names another checkout of Sightline, which takes turns with this one.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import { median, table } from "./sample.ts";

const { values: flags } = parseArgs({
  options: {
    passes: { type: "string", default: "3" },
    frames: { type: "string", default: "600" },
    before: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
/** Pictures of the shorter clip. */
const fewFrames = 60;
const frames = Number(flags.frames);
const here = fileURLToPath(new URL("..", import.meta.url));
/** Says the same box of every picture, and looks at none. */
const useCase = fileURLToPath(new URL("../tests/support/standing_use_case.ts", import.meta.url));
const encoding = [
  ...["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-crf", "23", "-g", "60"],
];

const folder = await Deno.makeTempDir({ prefix: "annotate_" });
const clips = { long: join(folder, "long.mp4"), short: join(folder, "short.mp4") };
const out = join(folder, "out.mp4");
const annotate = (tree: string) => (clip: string) => [
  ...[Deno.execPath(), "run", "-A", "--quiet", join(tree, "main.ts"), "annotate", clip, "-y"],
  ...["-o", out, "--no_model", "--use_case", useCase, "--isolation", "worker"],
];
const arms: Record<string, (clip: string) => string[]> = {
  "ffmpeg, a box and encoding": (clip) => [
    ...["ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i", clip],
    ...["-vf", "scale=64:48", "-pix_fmt", "bgr24", "-f", "rawvideo", "-y", "/dev/null"],
    ...["-vf", "drawbox=x=768:y=324:w=192:h=432:color=red:t=3", ...encoding, "-y", out],
  ],
  ...flags.before !== undefined && { "annotate, before": annotate(flags.before) },
  "annotate": annotate(here),
};

const costs: Record<string, number[]> = {};
try {
  await makeClip(clips.long, frames);
  await makeClip(clips.short, fewFrames);
  for (let pass = 0; pass < Number(flags.passes); pass++) {
    for (const [name, command] of Object.entries(arms)) {
      const spent = await cpuSeconds(command(clips.long)) - await cpuSeconds(command(clips.short));
      (costs[name] ??= []).push(spent * 1000 / (frames - fewFrames));
    }
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

const bare = costs["ffmpeg, a box and encoding"]!;
const rows = Object.entries(costs).map(([name, ms]) => ({
  name,
  msPerPicture: median(ms),
  range: [Math.min(...ms), Math.max(...ms)] as const,
  // Pass by pass: those ran within a minute of each other.
  overFfmpeg: median(ms.map((each, pass) => each / bare[pass]!)),
}));
const machine = await describeMachine();
const text = flags.json ? JSON.stringify({ bench: "annotate", machine, flags, rows }, null, 2) : [
  `${frames} pictures of 1080p, ${flags.passes} passes, ${machine.date}, ` +
  `${machine.cores} cores ${machine.arch}, Deno ${machine.deno}, ffmpeg ${machine.ffmpeg}`,
  "",
  table([
    ["arm", "CPU a picture, median", "range", "over ffmpeg"],
    ...rows.map(({ name, msPerPicture, range, overFfmpeg }) => [
      ...[name, `${msPerPicture.toFixed(1)} ms`, range.map((ms) => ms.toFixed(1)).join("–")],
      overFfmpeg.toFixed(2),
    ]),
  ]),
].join("\n");
await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));

/** As a camera sends it: 4 Mbit/s at 30 pictures a second, a key frame in 2 s. */
async function makeClip(path: string, frames: number): Promise<void> {
  await run([
    ...["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=30"],
    ...["-vf", "noise=alls=4:allf=t", "-frames:v", String(frames), "-c:v", "libx264"],
    ...["-preset", "veryfast", "-b:v", "4M", "-g", "60", "-bf", "0", "-pix_fmt", "yuv420p", path],
  ]);
}

/** Of the processor, by the command and all that it starts. */
async function cpuSeconds(command: string[]): Promise<number> {
  const words = await run(["sh", "-c", '"$@" >/dev/null || exit 1; times', "sh", ...command]);
  // The second line is that of the children: user, system.
  const [user = NaN, system = NaN] = [...words.split("\n")[1]!.matchAll(/(\d+)m([\d.]+)s/g)]
    .map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  return user + system;
}

async function run([program, ...args]: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(program!, { args, stderr: "inherit" })
    .output();
  if (!success) throw new Error(`Cannot measure: ${program} failed`);
  return new TextDecoder().decode(stdout);
}
