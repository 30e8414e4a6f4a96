/** A sink that writes one line of JSON for each record to something that takes bytes. */

import type { AnalysisRecord } from "./record.ts";
import type { Sink, SinkCounts } from "./sink.ts";

/** Something that takes bytes, such as `Deno.stdout` or an open file. */
export interface ByteWriter {
  /** Writes some of the bytes and tells how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Settings of a {@link LineSink}. */
export interface LineSinkOptions {
  readonly description: string;
  readonly writer: ByteWriter;
  /** Records that may wait to be written. @default {10000} */
  readonly capacity?: number;
  /** Milliseconds between two attempts to write what could not be written. @default {1000} */
  readonly retryMs?: number;
  /** Hears of every record that was refused and of every attempt that failed. */
  onTrouble(error: Error): void;
  /** Hears that nobody will ever read again, as when a pipe is closed at its other end. */
  onGone?(): void;
  /** Lets go of the writer, at the end. */
  close?(): void;
}

/** Bytes of memory kept for what is written at once; a burst of more has memory of its own. */
const usualBurstBytes = 65_536;

/**
 * Never keeps a stream waiting: lines gather while a write is under way and go out together with
 * the next one. A write that fails is tried again, from the byte it failed at; at the end once.
 */
export class LineSink implements Sink {
  readonly description: string;
  readonly #options: LineSinkOptions & { readonly capacity: number; readonly retryMs: number };
  readonly #encoder = new TextEncoder();
  readonly #ending = Promise.withResolvers<void>();
  readonly #memory = new Uint8Array(usualBurstBytes);
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #ended = false;
  #gone = false;
  #refused = 0;
  #lost = 0;
  #written = 0;
  #underWay = 0;

  constructor(options: LineSinkOptions) {
    this.#options = { capacity: 10_000, retryMs: 1_000, ...options };
    this.description = options.description;
  }

  counts(): SinkCounts {
    const waiting = this.#waiting.length + this.#underWay;
    return { written: this.#written, dropped: this.#refused + this.#lost, waiting };
  }

  write(_record: AnalysisRecord, json: string): void {
    // Whoever closes a pipe early has all they wanted.
    if (this.#gone) return;
    const { capacity, onTrouble } = this.#options;
    if (this.#waiting.length >= capacity) {
      this.#refused++;
      const state = `${capacity} records wait already, ${this.#refused} refused so far`;
      return onTrouble(new RangeError(`Cannot write to ${this.description}: ${state}`));
    }
    this.#waiting.push(json + "\n");
    this.flush();
  }

  async room(): Promise<void> {
    while (this.#waiting.length >= this.#options.capacity) await this.flush();
  }

  flush(): Promise<void> {
    return this.#writing ??= this.#writeWaiting();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#ending.resolve();
    await this.flush();
    this.#options.close?.();
  }

  async #writeWaiting(): Promise<void> {
    // A turn later, so that the records of one burst share a write.
    await null;
    try {
      while (this.#waiting.length > 0) {
        const lines = this.#waiting;
        this.#waiting = [];
        this.#underWay = lines.length;
        const written = await this.#writeAll(this.#encode(lines.join("")));
        this.#underWay = 0;
        if (written) this.#written += lines.length;
        else this.#lost += lines.length;
        if (this.#gone) return;
        if (!written) return this.#trouble(`${lines.length} records are lost`);
      }
    } finally {
      this.#writing = undefined;
    }
  }

  /** The bytes of `text`, mostly in memory that the next text uses again. */
  #encode(text: string): Uint8Array {
    // A character takes at most three bytes.
    if (3 * text.length > usualBurstBytes) return this.#encoder.encode(text);
    return this.#memory.subarray(0, this.#encoder.encodeInto(text, this.#memory).written);
  }

  /** Writes all bytes, however often it takes; false when the end came first. */
  async #writeAll(bytes: Uint8Array): Promise<boolean> {
    for (let rest = bytes; rest.length > 0;) {
      try {
        rest = rest.subarray(await this.#options.writer.write(rest));
      } catch (cause) {
        if (cause instanceof Deno.errors.BrokenPipe && this.#options.onGone) {
          this.#gone = true;
          this.#waiting = [];
          this.#options.onGone();
        }
        if (this.#ended || this.#gone) return false;
        this.#trouble(cause instanceof Error ? cause.message : String(cause), cause);
        await this.#pause();
      }
    }
    return true;
  }

  #trouble(state: string, cause?: unknown): void {
    this.#options.onTrouble(new Error(`Cannot write to ${this.description}: ${state}`, { cause }));
  }

  async #pause(): Promise<void> {
    const paused = Promise.withResolvers<void>();
    const timer = setTimeout(paused.resolve, this.#options.retryMs);
    await Promise.race([paused.promise, this.#ending.promise]);
    clearTimeout(timer);
  }
}
