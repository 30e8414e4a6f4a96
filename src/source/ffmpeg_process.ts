/** One ffmpeg, from its start to its certain end. */

import { type LineListener, LineSplitter } from "../log/line_splitter.ts";
import type { ChildGuard } from "../process_guard.ts";
import type { LinePipe, PipeListener } from "./lines/line_pipe.ts";
import { installHint } from "./lines/reason.ts";
import { SourceError } from "./source.ts";

/** How to run ffmpeg. */
export interface FfmpegProcessOptions {
  readonly args: readonly string[];
  readonly guard: ChildGuard;
  /** @default {"null"} */
  readonly stdin?: "piped" | "null";
  /** @default {"piped"} */
  readonly stdout?: "piped" | "null";
  /** Called for each line of stderr; as soon as it comes, unless there is a pipe for them. */
  readonly listener: PipeListener;
  /** Takes stderr, and is read as the listener likes. @default {a pipe of Deno's} */
  readonly lines?: LinePipe | null;
  /** Variables of its environment, beside our own. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it may allocate, where the system can be told so; past it, it gets nothing. @default {all} */
  readonly memoryMb?: number | null;
}

/**
 * Static builds for Linux die of a transport stream's service name, for which glibc loads the
 * converters of another glibc: this way it finds none.
 */
const withoutConverters = { GCONV_PATH: "" };

/** ffmpeg ends within milliseconds of SIGTERM unless it is frozen or stuck; then it is killed. */
const patienceMs = 1000;

/** A running ffmpeg. It must be disposed of, also when it ended by itself. */
export class FfmpegProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<Deno.CommandStatus>;

  /** @throws {SourceError} `ffmpeg_missing` */
  constructor(options: FfmpegProcessOptions) {
    const { guard, listener, lines } = options;
    const child = this.#child = spawn(options);
    guard.add(child.pid);
    const read = lines ? lines.listen(listener) : readLines(child.stderr, listener);
    this.#ended = child.status.then(async (status) => {
      guard.remove(child.pid);
      lines?.end();
      await read;
      return status;
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Its reader cancels it, or reads to its end. */
  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#child.stdout;
  }

  /** Only with `stdin: "piped"`. */
  get stdin(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#child.stdin;
  }

  /** Resolves when the process is gone and its last line was read. */
  get ended(): Promise<Deno.CommandStatus> {
    return this.#ended;
  }

  /** Waits for a process that has closed its output, which is about to end by itself. */
  async finish(): Promise<Deno.CommandStatus> {
    const timer = setTimeout(() => this.stop(), patienceMs);
    const status = await this.#ended;
    clearTimeout(timer);
    return status;
  }

  /** Asks ffmpeg to end, and does not take no for an answer. */
  async stop(): Promise<void> {
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), patienceMs);
    await this.#ended;
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function spawn(
  { args, lines, memoryMb = null, env = {}, stdin = "null", stdout = "piped" }:
    FfmpegProcessOptions,
): Deno.ChildProcess {
  // Ctrl-C in a terminal is for us; we end ffmpeg ourselves.
  const common = { stdin, stdout, detached: true, env: { ...withoutConverters, ...env } } as const;
  if (lines) {
    // Deno.Command knows no files for a child to write to; the shell is replaced by ffmpeg.
    const script = `${goFirst}${limiting(memoryMb)}exec ffmpeg "$@" 2>"$0"`;
    const words = ["-c", script, lines.path, ...args];
    return new Deno.Command("sh", { ...common, args: words, stderr: "null" }).spawn();
  }
  if (memoryMb !== null && Deno.build.os !== "windows") {
    const words = ["-c", `${goFirst}${limiting(memoryMb)}exec ffmpeg "$@"`, "sh", ...args];
    return new Deno.Command("sh", { ...common, args: words, stderr: "piped" }).spawn();
  }
  try {
    return new Deno.Command("ffmpeg", { ...common, args: [...args], stderr: "piped" }).spawn();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw ffmpegMissing(cause);
  }
}

/**
 * When the machine, or a container, is out of memory, the kernel ends an ffmpeg before Sightline, and
 * after the processes of plugins.
 */
const goFirst = "{ echo 500 >/proc/self/oom_score_adj; } 2>/dev/null; ";

/** Stacks as small as elsewhere: of a machine with 64 cores, ffmpeg takes 200 threads. */
const stackMb = 1;
const threadsPerCore = 4;

/**
 * Commands of a shell that bound what ffmpeg takes. It is the data that counts, which Linux tells from
 * the address space: of that, static builds take a gigabyte for nothing. macOS bounds neither.
 */
function limiting(memoryMb: number | null): string {
  if (memoryMb === null) return "";
  const stacksMb = stackMb * threadsPerCore * (navigator.hardwareConcurrency + 8);
  const limitKb = (memoryMb + stacksMb) * 1024;
  // A limit that is tighter already cannot be raised, and stays.
  return `ulimit -s ${stackMb * 1024} 2>/dev/null; ulimit -d ${limitKb} 2>/dev/null; `;
}

/** What a shell ends with when there is no such program. */
export const notFoundCode = 127;

/** There is no ffmpeg. */
export function ffmpegMissing(cause?: unknown): SourceError {
  return new SourceError(
    "ffmpeg_missing",
    "Cannot start ffmpeg: no such program in PATH",
    installHint,
    { cause },
  );
}

/** More than ffmpeg says between two looks at it. */
const stderrBytes = 16_384;

async function readLines(
  stderr: ReadableStream<Uint8Array<ArrayBuffer>>,
  listener: LineListener,
): Promise<void> {
  const splitter = new LineSplitter(listener);
  const reader = stderr.getReader({ mode: "byob" });
  // One buffer for all: ffmpeg writes each line by itself, and a stream left to itself would take
  // 64 KiB of new memory for it.
  let buffer = new ArrayBuffer(stderrBytes);
  for (;;) {
    const { value, done } = await reader.read(new Uint8Array(buffer));
    if (done) break;
    splitter.push(value);
    buffer = value.buffer;
  }
  splitter.end();
}
