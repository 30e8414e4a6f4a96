/** The real program as a child process. */

import { fileURLToPath } from "node:url";

/** How the child is started. */
export interface RunOptions {
  /** Another entry than Sightline's own. @default {main.ts} */
  readonly entry?: URL;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The longest that it takes: a child that hangs must fail its test, not hang it. @default {150000} */
  readonly timeoutMs?: number;
  /** Takes stdout from the test, which reads it itself or cancels it. */
  readonly onStdout?: (stdout: ReadableStream<Uint8Array>) => Promise<void>;
  /** The same for stderr. */
  readonly onStderr?: (stderr: ReadableStream<Uint8Array>) => Promise<void>;
}

/** How the child ended. */
export interface RunResult {
  /** The exit code; as a shell has it, 128 more than the signal's number when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line takes so long at most on a busy machine. */
const lineTimeoutMs = 30_000;

/** Starts Sightline. `await using` it: the child is killed when it is still there at the end. */
export function runSightline(args: readonly string[], options: RunOptions = {}): SightlineProcess {
  return new SightlineProcess(args, options);
}

/** Runs Sightline to its end. */
export async function sightlineResult(
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  await using process = runSightline(args, options);
  return await process.result;
}

/** A running Sightline, with all that it said so far. */
export class SightlineProcess implements AsyncDisposable {
  /** Resolves when the child has ended and all that it said is read. */
  readonly result: Promise<RunResult>;
  /** Resolves with the exit code, even while another process holds what the child said. */
  readonly exited: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #waiting = new Set<() => void>();
  #said = { stdout: "", stderr: "" };
  #ended = false;

  constructor(args: readonly string[], options: RunOptions) {
    const { entry, env, cwd, onStdout, onStderr, timeoutMs = 150_000 } = options;
    const main = fileURLToPath(entry ?? new URL("../../main.ts", import.meta.url));
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", main, ...args],
      env: { NO_COLOR: "1", ...env },
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const timer = setTimeout(() => this.signal("SIGKILL"), timeoutMs);
    this.exited = this.#child.status.then(({ code }) => {
      clearTimeout(timer);
      return code;
    });
    const stdout = onStdout?.(this.#child.stdout) ?? this.#collect("stdout", this.#child.stdout);
    const stderr = onStderr?.(this.#child.stderr) ?? this.#collect("stderr", this.#child.stderr);
    this.result = this.#finish([stdout, stderr]);
  }

  /** The child's process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** What stands on stderr so far. */
  get stderr(): string {
    return this.#said.stderr;
  }

  /** What stands on stdout so far. */
  get stdout(): string {
    return this.#said.stdout;
  }

  /** The first line of stderr or stdout that matches, as soon as it is there. */
  async waitForLine(pattern: RegExp): Promise<string> {
    const deadline = Date.now() + lineTimeoutMs;
    while (true) {
      const line = `${this.#said.stderr}\n${this.#said.stdout}`.split("\n")
        .find((line) => pattern.test(line));
      if (line !== undefined) return line;
      const left = deadline - Date.now();
      if (this.#ended || left <= 0) {
        const why = this.#ended ? "it ended" : `${lineTimeoutMs} ms have passed`;
        throw new Error(`Cannot find a line like ${pattern}: ${why}; stderr:\n${this.stderr}`);
      }
      await this.#change(left);
    }
  }

  /** Sends a signal. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.signal("SIGKILL");
    await this.result;
  }

  async #collect(name: "stdout" | "stderr", stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      this.#said[name] += decoder.decode(bytes, { stream: true });
      this.#tell();
    }
  }

  async #finish(streams: readonly Promise<void>[]): Promise<RunResult> {
    const code = await this.exited;
    this.#ended = true;
    await Promise.all(streams);
    this.#tell();
    return { code, ...this.#said };
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** Resolves when more was said, or the child ended, or the time has passed. */
  async #change(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }
}
