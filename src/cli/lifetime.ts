/** From the first line of a command to the process's exit code: signals, fatal errors, deadlines. */

import { currentLog } from "../log/log.ts";
import { describeError } from "../log/describe_error.ts";
import { printError } from "./print.ts";

/**
 * After a signal the process ends within 2 s, unless the command was given longer to drain; what is
 * left goes to the last log lines, which are waited for at most 0.3 s.
 */
const stopDeadlineMs = 1500;
/** How much of that is for work under way. */
const usualDrainMs = 600;

/** What a command says of its own end. */
export interface Ending {
  /** Its work under way may take so many milliseconds after a signal. */
  allowDrain(drainMs: number): void;
  /** It ends with this code after a signal too: what was asked for was not done. */
  insist(code: number): void;
}

const endingSignals: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/**
 * Beyond `ulimit -f` the write fails then, as on a full disk. SIGHUP is for those who have something to
 * read or open again, and ends a process only whose terminal is gone.
 */
const survived: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? []
  : Deno.build.os === "linux"
  ? ["SIGHUP", "SIGXFSZ"]
  : ["SIGHUP"];

/**
 * Runs a command to its exit code. The first SIGINT or SIGTERM aborts the command's signal and the
 * code is 0; a second one ends the process at once, also with 0. An uncaught error aborts
 * likewise, and the code is 1.
 */
export async function withLifetime(
  command: (signal: AbortSignal, ending: Ending) => Promise<number>,
): Promise<number> {
  using lifetime = new Lifetime();
  return await lifetime.run(command);
}

class Lifetime {
  /** Set by the first reason to stop early; it outranks what the command then returns. */
  #stopCode: number | null = null;
  #insistedCode: number | null = null;
  #deadlineMs = stopDeadlineMs;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  readonly #hasTerminal = Deno.stdin.isTerminal();
  readonly #controller = new AbortController();
  readonly #late = Promise.withResolvers<void>();

  constructor() {
    for (const signal of endingSignals) Deno.addSignalListener(signal, this.#onSignal);
    for (const signal of survived) Deno.addSignalListener(signal, this.#onSurvived);
    globalThis.addEventListener("unhandledrejection", this.#onFatal);
    globalThis.addEventListener("error", this.#onFatal);
  }

  async run(command: Parameters<typeof withLifetime>[0]): Promise<number> {
    const finished = this.#finish(command);
    await Promise.race([finished, this.#late.promise]);
    await currentLog()?.flush();
    return this.#stopCode === null ? await finished : this.#insistedCode ?? this.#stopCode;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#deadline);
    for (const signal of endingSignals) Deno.removeSignalListener(signal, this.#onSignal);
    for (const signal of survived) Deno.removeSignalListener(signal, this.#onSurvived);
    globalThis.removeEventListener("unhandledrejection", this.#onFatal);
    globalThis.removeEventListener("error", this.#onFatal);
  }

  async #finish(command: Parameters<typeof withLifetime>[0]): Promise<number> {
    try {
      return await command(this.#controller.signal, {
        allowDrain: (drainMs) => {
          this.#deadlineMs = stopDeadlineMs + Math.max(0, drainMs - usualDrainMs);
        },
        insist: (code) => void (this.#insistedCode = code),
      });
    } catch (error) {
      this.#fail(error);
      return this.#stopCode ?? 1;
    }
  }

  #onSignal = () => {
    if (this.#stopCode !== null) Deno.exit(this.#stopCode);
    currentLog()?.logger.info("Stopping on a signal; a second one ends the process at once");
    this.#stop(0);
  };

  #onSurvived = () => {
    // `isTerminal` asks the terminal, which one that was closed does not answer.
    if (!this.#hasTerminal || Deno.stdin.isTerminal() || this.#stopCode !== null) return;
    currentLog()?.logger.info("Stopping since the terminal was closed");
    this.#stop(0);
  };

  #onFatal = (event: PromiseRejectionEvent | ErrorEvent) => {
    event.preventDefault();
    this.#fail("reason" in event ? event.reason : event.error);
  };

  #fail(error: unknown): void {
    // Aborting makes many a thing throw.
    if (this.#stopCode !== null && isAbort(error)) return;
    reportInternalError(error);
    this.#stop(1);
  }

  #stop(code: number): void {
    if (this.#stopCode !== null) return;
    this.#stopCode = code;
    this.#controller.abort();
    this.#deadline = setTimeout(() => {
      currentLog()?.logger.warn("Not everything stopped in time; leaving without it");
      this.#late.resolve();
    }, this.#deadlineMs);
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** One line; the stack only with `--log_level DEBUG`, a line of the log for each of its own. */
function reportInternalError(error: unknown): void {
  const line = `Internal error: ${describeError(error)}`;
  const log = currentLog();
  if (log === null) return printError(line);
  log.logger.error("{line}", { line });
  const stack = error instanceof Error ? error.stack?.split("\n") ?? [] : [];
  for (const frame of stack) log.logger.debug("{frame}", { frame: frame.trim() });
}
