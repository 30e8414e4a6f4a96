/** Writes each record to several sinks, which cannot affect each other. */

import type { AnalysisRecord } from "./record.ts";
import type { Sink } from "./sink.ts";

/**
 * Joins sinks into one. A sink that throws loses its own copy of the record, and the error goes to
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

/** What {@link fanOut} makes; it does not own the sinks, and never disposes of them. */
export interface FanOut {
  /** @throws {TypeError} when JSON cannot hold the record. */
  write(record: AnalysisRecord): void;
  room(): Promise<void>;
}
