/** Records on their way to a destination: as good as it goes, within a bound of bytes, counted. */

import type { Logger } from "@logtape/logtape";
import { pause } from "../backoff.ts";
import { OngoingError } from "../log/ongoing_error.ts";
import type { AnalysisRecord } from "../sink/record.ts";
import type { Sink, SinkCounts } from "../sink/sink.ts";
import { unlessAborted } from "../unless_aborted.ts";
import { attempt, type AttemptLimits } from "./attempt.ts";
import type { Destination } from "./destination.ts";

/** Settings of a {@link RecordFeed}. */
export interface RecordFeedOptions extends AttemptLimits {
  readonly name: string;
  readonly destination: Pick<Required<Destination>, "sendRecords">;
  /** Streams whose records are wanted; all when it is absent. */
  readonly streams: readonly string[] | undefined;
  /** A record of each stream at most so often. */
  readonly everyMs: number;
  readonly logger: Logger;
  /** Bytes that may wait. @default {16777216} */
  readonly capacityBytes?: number;
}

/** Records of one call, and their bytes: one more is sent if it is larger by itself. */
const batchSize = 500;
const batchBytes = 256 << 10;
const retryMs = 1000;

/** Never keeps a stream waiting: what there is no room for is refused, and counted. */
export class RecordFeed implements Sink {
  readonly description: string;
  readonly #options: RecordFeedOptions & { readonly capacityBytes: number };
  readonly #end = new AbortController();
  readonly #lasting = new OngoingError();
  readonly #sentAtMs = new Map<string, number>();
  #lines: string[] = [];
  #bytes = 0;
  #accepted = 0;
  #written = 0;
  #full = 0;
  #unwritten = 0;
  #sending: Promise<void> | null = null;

  constructor(options: RecordFeedOptions) {
    this.#options = { capacityBytes: 16 << 20, ...options };
    this.description = options.name;
  }

  counts(): SinkCounts {
    return {
      accepted: this.#accepted,
      written: this.#written,
      lost: { full: this.#full, closed: 0, unwritten: this.#unwritten },
      waiting: this.#lines.length,
    };
  }

  write({ stream }: Pick<AnalysisRecord, "stream">, json: string): void {
    const { streams, everyMs, capacityBytes } = this.#options;
    if (streams?.includes(stream) === false || !this.#isDue(stream, everyMs)) return;
    this.#accepted++;
    if (this.#bytes + json.length > capacityBytes) {
      this.#full++;
      return;
    }
    this.#lines.push(json);
    this.#bytes += json.length;
    this.#sending ??= this.#send().finally(() => this.#sending = null);
  }

  /** Resolves when nothing waits, or the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    if (this.#sending !== null) await unlessAborted(this.#sending, signal).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#sending;
    this.#unwritten += this.#lines.splice(0).length;
    const lost = this.#full + this.#unwritten;
    if (lost === 0) return;
    this.#options.logger.error("{name}: {lost} of {accepted} records were lost", {
      name: this.description,
      lost,
      accepted: this.#accepted,
    });
  }

  #isDue(stream: string, everyMs: number): boolean {
    if (everyMs === 0) return true;
    const nowMs = performance.now();
    if (nowMs - (this.#sentAtMs.get(stream) ?? -Infinity) < everyMs) return false;
    this.#sentAtMs.set(stream, nowMs);
    return true;
  }

  #nextLines(): readonly string[] {
    let bytes = 0;
    const end = this.#lines.findIndex((line, index) => {
      bytes += line.length;
      return index > 0 && bytes > batchBytes || index === batchSize;
    });
    return this.#lines.slice(0, end === -1 ? undefined : end);
  }

  async #send(): Promise<void> {
    // A turn later, so that the records of one burst go out together.
    await null;
    const { destination } = this.#options;
    const { signal } = this.#end;
    while (this.#lines.length > 0 && !signal.aborted) {
      const lines = this.#nextLines();
      const send = (over: AbortSignal) => destination.sendRecords(lines, over);
      const error = await attempt(send, this.#options, signal);
      if (error === null || error.failure === "refused") {
        if (error === null) this.#written += lines.length;
        else this.#unwritten += lines.length;
        this.#lines.splice(0, lines.length);
        this.#bytes -= lines.reduce((sum, line) => sum + line.length, 0);
        this.#lasting.end();
        continue;
      }
      if (this.#lasting.occurred() !== null && !signal.aborted) {
        this.#options.logger.error("{name} takes no records: {message}; {waiting} wait", {
          name: this.description,
          message: error.message,
          waiting: this.#lines.length,
        });
      }
      await pause(retryMs, signal);
    }
  }
}
