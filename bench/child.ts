import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { listTree } from "./process_tree.ts";

/** A child process of a measurement, ended with the scope that started it. */
export class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: Promise<void>;

  /** @param onLine is given every line of its standard output */
  constructor(command: string, args: readonly string[], onLine: (line: string) => void) {
    this.#process = new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = readLines(this.#process.stdout, onLine);
  }

  get pid(): number {
    return this.#process.pid;
  }

  get status(): Promise<Deno.CommandStatus> {
    return this.#process.status;
  }

  /** Asks it to end, sees to it that nothing of its tree lives on, and waits for its last line. */
  async [Symbol.asyncDispose](): Promise<void> {
    const tree = await listTree(this.pid);
    send(this.pid, "SIGTERM");
    const impatience = setTimeout(() => send(this.pid, "SIGKILL"), 5000);
    await this.#process.status;
    clearTimeout(impatience);
    // A program that forgets its workers would keep the pipe of its lines open for ever.
    for (const { pid } of tree) send(pid, "SIGKILL");
    await this.#lines;
  }
}

/** Starts a process that prints `port N` once it listens, and waits for that. */
export async function startListening(
  command: string,
  args: readonly string[],
  onLine: (line: string) => void = () => {},
): Promise<{ readonly child: Child; readonly port: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = new Child(command, args, (line) => {
    const port = /^port (\d+)$/.exec(line)?.[1];
    if (port) resolve(Number(port));
    else onLine(line);
  });
  child.status.then(({ code }) => reject(new Error(`Cannot start ${command}: exit code ${code}`)));
  return { port: await promise, child };
}

function send(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  const input = Readable.fromWeb(stream as NodeReadableStream<Uint8Array>);
  for await (const line of createInterface({ input })) onLine(line);
}
