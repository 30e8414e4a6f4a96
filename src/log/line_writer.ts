/** A bounded, asynchronous writer of log lines to stderr. */

import { systemMessage } from "./system_message.ts";
import { concatBytes } from "../concat_bytes.ts";

/** The part of `Deno.stderr` that is used. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Bytes that may wait for a reader that does not read (a pager, a full pipe), or for a full disk. */
const maxWaitingBytes = 1 << 20;
/** Milliseconds between two attempts after one that failed. */
const retryMs = 1_000;
/** The same while a pipe is full: from the first to the second, doubling. */
const fullPipeMs = [1, 64] as const;

/**
 * Writes lines in order without ever blocking the caller: a stderr without a reader must not stop
 * the camera, which a synchronous write would. A write that fails is tried again. Beyond 1 MiB lines
 * are dropped, counted, and the gap is named where it is.
 */
export class LineWriter {
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #lostWhy = "";
  /** Why nothing is written now; empty when nothing has failed. */
  #why = "";
  #writing: Promise<void> | null = null;
  #closed = false;
  readonly #sink: ByteSink;
  readonly #retryMs: number;
  readonly #encoder = new TextEncoder();

  constructor(sink: ByteSink, options: { readonly retryMs?: number } = {}) {
    this.#sink = sink;
    this.#retryMs = options.retryMs ?? retryMs;
  }

  /** Accepts one line, given without its end. */
  write(line: string): void {
    if (this.#closed) return;
    const bytes = this.#encoder.encode(line + "\n");
    if (this.#waitingBytes + bytes.length > maxWaitingBytes) {
      this.#lost++;
      this.#lostWhy = this.#why || "stderr is not read";
      return;
    }
    if (this.#lost > 0) {
      const note = this.#encoder.encode(`[${this.#lost} log lines lost: ${this.#lostWhy}]\n`);
      this.#lost = 0;
      this.#push(note);
    }
    this.#push(bytes);
    this.#writing ??= this.#drain();
  }

  /** Resolves when everything accepted so far is written, or after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#writing === null) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([this.#writing, late]);
    clearTimeout(timer);
  }

  #push(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#closed) {
      const bytes = concatBytes(this.#waiting);
      this.#waiting = [];
      await this.#writeAll(bytes);
      this.#waitingBytes -= bytes.length;
    }
    this.#writing = null;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    const [firstMs, mostMs] = fullPipeMs;
    let fullMs: number = firstMs;
    for (let sent = 0; sent < bytes.length && !this.#closed;) {
      try {
        sent += await this.#sink.write(bytes.subarray(sent));
        this.#why = "";
        fullMs = firstMs;
      } catch (cause) {
        if (cause instanceof Deno.errors.BrokenPipe) {
          // The reader of stderr has gone, and this cannot be logged anywhere.
          this.#closed = true;
          this.#waiting = [];
        } else if (cause instanceof Deno.errors.WouldBlock) {
          await pause(fullMs);
          fullMs = Math.min(mostMs, 2 * fullMs);
        } else {
          this.#why = systemMessage(cause);
          await pause(this.#retryMs);
        }
      }
    }
  }
}

/** Does not keep a finished process alive. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms)));
}
