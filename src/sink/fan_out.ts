/** One record to many sinks, none of which can hurt another. */

import type { AnalysisRecord } from "./record.ts";
import type { Sink } from "./sink.ts";

/**
 * Joins sinks into one. A sink that throws costs its own copy of the record and is told to
 * `onError`; a record that JSON cannot hold is refused for all of them by throwing.
 */
export function fanOut(sinks: readonly Sink[], onError: (error: Error) => void): FanOut {
  return {
    write(record) {
      if (sinks.length === 0) return;
      const json = JSON.stringify(record);
      for (const sink of sinks) {
        try {
          sink.write(record, json);
        } catch (cause) {
          onError(new Error(`Cannot write to ${sink.description}: ${String(cause)}`, { cause }));
        }
      }
    },
    async room() {
      await Promise.all(sinks.map((sink) => sink.room?.()));
    },
  };
}

/** What {@link fanOut} makes; whoever opened the sinks disposes of them. */
export interface FanOut {
  /** @throws {TypeError} when JSON cannot hold the record. */
  write(record: AnalysisRecord): void;
  room(): Promise<void>;
}
