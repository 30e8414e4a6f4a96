/** `annotate`: a clip in, the same with boxes out, as fast as it goes. */

import { rmSync } from "node:fs";
import { mkdir, open, readdir, realpath, rm, stat } from "node:fs/promises";
import { dirname, join, parse } from "node:path";
import type { App } from "../app/app.ts";
import { describeError } from "../log/describe_error.ts";
import { program } from "./command_args.ts";
import type { Ending } from "./lifetime.ts";
import { print, printError } from "./print.ts";
import { run } from "./run.ts";

const help = `Usage: ${program} annotate CLIP -o OUT.mp4 [flags of run]

Looks at every picture of a clip, draws what was found into it, each box on its own picture, and
writes H.264 in MP4. Sound is left out. Where the clip changes its size, OUT-2.mp4 goes on.

  -o, --out OUT.mp4  where to write
  -y, --overwrite    even if it exists
  and all that run takes: --model_path, --ovms_url, --use_case, --track, --zones, --fps, …

Example:
  ${program} annotate street.mp4 -o out.mp4 --model_path detector.onnx --use_case yolo
`;

/** Milliseconds between two looks at how far it is. */
const lookMs = 500;

/** Resolves to the exit code. */
export async function annotate(
  args: string[],
  signal: AbortSignal,
  ending: Ending,
): Promise<number> {
  const [clip, ...others] = args;
  if (clip === undefined || args.includes("-h") || args.includes("--help")) {
    await print(help);
    return clip === undefined ? 2 : 0;
  }
  const { out, overwrite, rest } = split(others);
  const problem = await problemOf(clip, out, overwrite);
  if (problem !== null) {
    printError(problem);
    return 2;
  }
  const before = await continuations(out!);
  const progress = new Progress(clip);
  const code = await run(
    [
      ...["--log_level", "WARNING", "--stream_url", asPath(clip), "--stream_name", "clip"],
      ...["--output_boxes", "--output", `file:${out!.replaceAll("%", "%%")}`],
      ...rest,
    ],
    signal,
    ending,
    (app) => {
      // Everything else is right: only now the old one goes.
      if (overwrite) rmSync(out!, { force: true });
      progress.watch(app);
    },
  );
  progress.end();
  if (code !== 0) return code;
  const added = (await continuations(out!)).filter((path) => !before.includes(path));
  return await verdict([out!, ...added], progress.done, signal);
}

/** A file whose name begins as an address does is none. */
function asPath(clip: string): string {
  return /^[a-z][a-z\d+.-]*:/i.test(clip) ? `./${clip}` : clip;
}

/** Looks at what was written, which is what counts. */
async function verdict(
  files: readonly string[],
  looked: number,
  signal: AbortSignal,
): Promise<number> {
  const written = await Promise.all(files.map((file) => countPictures(file)));
  const sum = written.reduce((total, count) => total + count, 0);
  const pictures = (count: number) => `${count} ${count === 1 ? "picture" : "pictures"}`;
  const all = files.join(", ");
  const holds = files.length === 1 ? "it holds" : "they hold";
  if (signal.aborted) printError(`${all}: stopped, ${holds} ${pictures(sum)} of the clip`);
  else if (sum < looked || sum === 0) {
    printError(
      `${all}: ${files.length === 1 ? "holds" : "hold"} ${pictures(sum)} of ${looked}, ` +
        "it could not be written to its end",
    );
  } else {
    for (const [at, file] of files.entries()) await print(`${file}: ${pictures(written[at]!)}`);
    return 0;
  }
  return 1;
}

/** Files that went on from this one with pictures of another size, in their order. */
async function continuations(out: string): Promise<string[]> {
  const { dir, name, ext } = parse(out);
  const numberOf = (entry: string) => {
    const number = entry.startsWith(`${name}-`) && entry.endsWith(ext)
      ? entry.slice(name.length + 1, entry.length - ext.length)
      : "";
    return /^[1-9]\d*$/.test(number) ? Number(number) : null;
  };
  const entries = await readdir(dir || ".").catch(() => []);
  return entries
    .flatMap((entry) => {
      const number = numberOf(entry);
      return number === null ? [] : [{ number, path: join(dir, entry) }];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ path }) => path);
}

/** Pictures in a file, of which none is decoded; 0 when there is none, or none that can be read. */
async function countPictures(path: string, signal?: AbortSignal): Promise<number> {
  try {
    const { stdout } = await new Deno.Command("ffmpeg", {
      args: [
        ...["-nostdin", "-v", "quiet", "-i", `file:${path}`],
        // A line for each.
        ...["-map", "0:v:0", "-c", "copy", "-f", "framecrc", "pipe:1"],
      ],
      ...signal !== undefined && { signal },
    }).output();
    return new TextDecoder().decode(stdout).match(/^0,/gm)?.length ?? 0;
  } catch {
    // `run` says what is wrong with ffmpeg.
    return 0;
  }
}

interface Split {
  readonly out: string | undefined;
  readonly overwrite: boolean;
  /** For `run`. */
  readonly rest: readonly string[];
}

function split(args: readonly string[]): Split {
  const rest: string[] = [];
  let out: string | undefined;
  let overwrite = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    const [, joined] = /^--out=(.*)$/s.exec(arg) ?? [];
    if (joined !== undefined) out = joined;
    else if (arg === "-o" || arg === "--out") out = args[++at];
    else if (arg === "-y" || arg === "--overwrite") overwrite = true;
    else rest.push(arg);
  }
  return { out, overwrite, rest };
}

/** One line on what is wrong; null when nothing is. */
async function problemOf(
  clip: string,
  out: string | undefined,
  overwrite: boolean,
): Promise<string | null> {
  if (clip.startsWith("-")) return `${clip}: the clip comes first: annotate CLIP -o OUT.mp4`;
  if (out === undefined) return "-o: missing, must be the path of a .mp4 file";
  if (!/\.mp4$/i.test(out)) return `-o ${out}: must be the path of a .mp4 file`;
  const isThere = (path: string) => stat(path).then((found) => found, () => null);
  if (!(await isThere(clip))?.isFile()) return `${clip}: is no file`;
  const before = await isThere(out);
  if (before === null) return await writing(out);
  if (!before.isFile()) return `-o ${out}: is no file`;
  if (await realpath(out) === await realpath(clip)) return `-o ${out}: is the clip itself`;
  return overwrite ? null : `-o ${out}: exists; -y writes over it`;
}

/** Why a file cannot be written, told before the work; null when it can. */
async function writing(out: string): Promise<string | null> {
  try {
    await mkdir(dirname(out), { recursive: true });
    await (await open(out, "wx")).close();
    await rm(out);
    return null;
  } catch (error) {
    return `-o ${out}: cannot be written: ${describeError(error)}`;
  }
}

/** How far it is, on a line of a terminal that is written anew. */
class Progress {
  /** Null as long as it is not known. */
  #frames: number | null = null;
  readonly #counting = new AbortController();
  readonly #startedAtMs = performance.now();
  #app: App | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Pictures that were looked at. */
  done = 0;

  constructor(clip: string) {
    // Beside the work: a large file takes a while.
    if (!Deno.stderr.isTerminal()) return;
    void countPictures(clip, this.#counting.signal).then((count) => this.#frames = count || null);
  }

  watch(app: App): void {
    this.#app = app;
    this.#timer = setInterval(() => this.#look(), lookMs);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#counting.abort();
    this.done = this.#app?.summaries[0]?.frames.processed ?? this.done;
    if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[K"));
  }

  #look(): void {
    this.done = this.#app?.statuses[0]?.frames.processed ?? this.done;
    if (!Deno.stderr.isTerminal() || this.done === 0) return;
    const rate = this.done / (performance.now() - this.#startedAtMs) * 1000;
    const all = this.#frames === null ? "" : ` of ${this.#frames}`;
    const share = this.#frames === null ? null : Math.min(1, this.done / this.#frames);
    const left = share === null ? "" : `, ${Math.ceil((this.#frames! - this.done) / rate)} s left`;
    const bar = share === null ? "" : `${drawBar(share)} ${Math.round(share * 100)} %  `;
    const line = `${bar}${this.done}${all} pictures, ${rate.toFixed(0)} a second${left}`;
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${line}`));
  }
}

function drawBar(share: number): string {
  const width = 24;
  const full = Math.round(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}
