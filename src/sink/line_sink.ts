/** A sink that writes each record as a line of JSON to a file, a pipe or stdout. */

import { pause } from "../backoff.ts";
import { systemMessage } from "../log/system_message.ts";
import { LineQueue } from "./line_queue.ts";
import type { AnalysisRecord } from "./record.ts";
import type { LostRecords, Sink, SinkCounts, SinkOptions } from "./sink.ts";
import { SinkErrorLog } from "./sink_error_log.ts";

/** Something that takes bytes, such as stdout or a file. */
export interface LineTarget {
  /**
   * Opens what is not open. False: what was written of the line under way is not there any more.
   * @throws when it cannot be opened
   */
  ready?(isMidLine: boolean): boolean | Promise<boolean>;
  /** Writes some of the bytes and tells how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** `ready()` shall look whether another file has the name now. */
  reopen?(): void;
  /** Lets go of it, at the end. */
  close?(): Promise<void>;
}

/** Settings of a {@link LineSink}. */
export interface LineSinkOptions extends SinkOptions {
  readonly description: string;
  readonly target: LineTarget;
  /** Bytes of records that may wait to be written. @default {16777216} */
  readonly capacityBytes?: number;
  /** Milliseconds between two attempts to write what could not be written. @default {1000} */
  readonly retryMs?: number;
  /** A target that takes nothing for so long is said to be stuck. @default {5000} */
  readonly stuckMs?: number;
  /** At the end, a target that takes nothing for so long is given up. @default {10000} */
  readonly patienceMs?: number;
  /** From then on, milliseconds for what waits; a fifth of it from the end on. @default {1000} */
  readonly hurryMs?: number;
}

const defaults = {
  capacityBytes: 16 << 20,
  retryMs: 1_000,
  stuckMs: 5_000,
  patienceMs: 10_000,
  hurryMs: 1_000,
};

/** Milliseconds between two attempts while a pipe is full: from the first to the second, doubling. */
const fullPipeMs = [1, 32] as const;

/**
 * Never keeps a stream waiting: lines gather while a write is under way and go out together with
 * the next one. A write that fails is tried again, from the byte it failed at, until the end.
 */
export class LineSink implements Sink {
  readonly description: string;
  readonly #options: LineSinkOptions & typeof defaults;
  readonly #queue: LineQueue;
  readonly #errorLog: SinkErrorLog;
  readonly #lost: { -readonly [Reason in keyof LostRecords]: number };
  readonly #ending = new AbortController();
  readonly #givenUp = new AbortController();
  #draining: Promise<void> | null = null;
  #room: PromiseWithResolvers<void> | null = null;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #progressAtMs = 0;
  #hurriedAtMs = 0;
  #accepted = 0;
  #written = 0;
  #mustLook = false;
  /** Why nothing more is written. */
  #over: "closed" | "unwritten" | null = null;

  constructor(options: LineSinkOptions) {
    this.#options = { ...defaults, ...options };
    this.description = options.description;
    this.#queue = new LineQueue(this.#options.capacityBytes);
    this.#lost = { full: 0, closed: 0, unwritten: 0 };
    this.#errorLog = new SinkErrorLog(this, options.logger);
    options.hurry?.addEventListener("abort", this.#onHurry);
    options.limit?.addEventListener("abort", this.#makeRoom);
  }

  counts(): SinkCounts {
    return {
      accepted: this.#accepted,
      written: this.#written,
      lost: { ...this.#lost },
      waiting: this.#queue.lines,
    };
  }

  write(_record: AnalysisRecord, json: string): void {
    this.#accepted++;
    if (this.#over !== null) {
      this.#lost[this.#over]++;
    } else if (this.#queue.push(json)) {
      this.#start();
    } else {
      this.#errorLog.refused(this.#queue.bytes);
      this.#lost.full++;
    }
  }

  async room(): Promise<void> {
    const { capacityBytes, hurry, limit } = this.#options;
    const mayWait = () => this.#over === null && !hurry?.aborted && !limit?.aborted;
    while (2 * this.#queue.bytes > capacityBytes && mayWait()) {
      this.#room ??= Promise.withResolvers();
      await this.#room.promise;
    }
  }

  async flush(): Promise<void> {
    await this.#draining;
  }

  reopen(): void {
    this.#options.target.reopen?.();
    this.#mustLook = true;
    this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { hurry, hurryMs, limit, patienceMs, target } = this.#options;
    this.#ending.abort();
    const endingAtMs = this.#progressAtMs = performance.now();
    while (this.#draining !== null) {
      // A reader that still reads, however slowly, is waited for.
      const untilMs = hurry?.aborted
        ? Math.max(this.#hurriedAtMs + hurryMs, endingAtMs + hurryMs / 5)
        : this.#progressAtMs + (limit?.aborted ? hurryMs : patienceMs);
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) {
        this.#giveUp("unwritten");
        break;
      }
      const drained = new AbortController();
      const sooner = [hurry, limit].filter((signal) => signal && !signal.aborted) as AbortSignal[];
      const late = pause(leftMs, AbortSignal.any([drained.signal, ...sooner]));
      await Promise.race([this.#draining, late]);
      drained.abort();
    }
    clearTimeout(this.#watch);
    hurry?.removeEventListener("abort", this.#onHurry);
    limit?.removeEventListener("abort", this.#makeRoom);
    // A write that hangs may keep the file.
    const closed = target.close?.();
    if (this.#over === null) await closed;
  }

  #start(): void {
    if (this.#draining !== null || this.#over !== null) return;
    this.#progressAtMs = performance.now();
    this.#draining = this.#drain();
    this.#watch ??= this.#lookLater();
  }

  async #drain(): Promise<void> {
    // A turn later, so that the records of one burst share a write.
    await null;
    const { target, retryMs, onGone } = this.#options;
    const [firstMs, mostMs] = fullPipeMs;
    let fullMs: number = firstMs;
    while (this.#over === null && (this.#mustLook || this.#queue.lines > 0)) {
      try {
        const ready = target.ready?.(this.#queue.isMidLine) ?? true;
        const goesOn = ready === true || await ready;
        this.#mustLook = false;
        if (!goesOn) this.#queue.beginAgain();
        const bytes = this.#queue.next();
        const taken = bytes.length === 0 ? 0 : await target.write(bytes);
        // It may have been given up meanwhile.
        if (this.#over === null) this.#took(taken, bytes.length);
        fullMs = firstMs;
      } catch (cause) {
        if (this.#over !== null) break;
        if (cause instanceof Deno.errors.WouldBlock) {
          await this.#pause(fullMs);
          fullMs = Math.min(mostMs, 2 * fullMs);
        } else if (onGone && cause instanceof Deno.errors.BrokenPipe) {
          this.#giveUp("closed");
          onGone();
        } else {
          this.#errorLog.failed(systemMessage(cause));
          await this.#pause(retryMs);
        }
      }
    }
    this.#draining = null;
  }

  #took(taken: number, offered: number): void {
    if (taken > 0) this.#progressAtMs = performance.now();
    this.#written += this.#queue.took(taken);
    const { capacityBytes } = this.#options;
    // A disk that is full takes a part now and then: that is no recovery.
    if (taken === offered && 16 * this.#queue.bytes <= capacityBytes) this.#errorLog.recovered();
    if (2 * this.#queue.bytes <= capacityBytes) this.#makeRoom();
  }

  #giveUp(reason: "closed" | "unwritten"): void {
    this.#over = reason;
    this.#lost[reason] += this.#queue.clear();
    this.#givenUp.abort();
    this.#makeRoom();
  }

  #onHurry = (): void => {
    this.#hurriedAtMs = performance.now();
    this.#makeRoom();
  };

  #makeRoom = (): void => {
    this.#room?.resolve();
    this.#room = null;
  };

  /** The end cuts it short, once: there is one more attempt at once. */
  #pause(ms: number): Promise<boolean> {
    return pause(ms, this.#ending.signal.aborted ? this.#givenUp.signal : this.#ending.signal);
  }

  #lookLater(): ReturnType<typeof setTimeout> {
    const { stuckMs } = this.#options;
    const timer = setTimeout(() => {
      this.#watch = undefined;
      if (this.#draining === null) return;
      const stillMs = performance.now() - this.#progressAtMs;
      if (stillMs >= stuckMs) this.#errorLog.stuck(stillMs);
      this.#watch = this.#lookLater();
    }, stuckMs);
    Deno.unrefTimer(timer);
    return timer;
  }
}
