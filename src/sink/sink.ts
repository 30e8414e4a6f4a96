/** The sink seam: where records go. */

import type { AnalysisRecord } from "./record.ts";

/** What became of the records that a sink was given. */
export interface SinkCounts {
  /** Delivered in full. */
  readonly written: number;
  /** Refused or lost. */
  readonly dropped: number;
  /** Accepted and not delivered yet. */
  readonly waiting: number;
}

/** Somewhere records are delivered to. */
export interface Sink {
  /** Where it delivers, for log lines; never holds a password. */
  readonly description: string;
  /** Figures as they stand. */
  counts(): SinkCounts;
  /**
   * Accepts one record, given also as one line of JSON that is made once for all sinks. It must not
   * wait for whoever reads: a slow sink buffers within a bound, and counts what it had to refuse.
   */
  write(record: AnalysisRecord, json: string): void;
  /** Resolves when there is room for more. Only a stream that can wait, such as a file, asks. */
  room?(): Promise<void>;
  /** Resolves when every accepted record is delivered. */
  flush?(): Promise<void>;
  /** Flushes, then lets go of everything. */
  [Symbol.asyncDispose](): Promise<void>;
}
