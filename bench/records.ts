import type { AnalysisRecord } from "../src/sink/record.ts";

/** Rates and ages of one stream, from its records. */
export interface StreamWindow {
  readonly stream: string;
  readonly records: number;
  /** Frames between the first and the last record of the while that have none. */
  readonly missing: number;
  readonly agesMs: readonly number[];
}

/** Looks at the records of a JSON Lines file that were taken from `fromMs` until `toMs`. */
export async function readWindow(
  path: string,
  fromMs: number,
  toMs: number,
): Promise<StreamWindow[]> {
  const streams = new Map<string, AnalysisRecord[]>();
  for (const line of (await Deno.readTextFile(path)).split("\n")) {
    // The last line may be half written.
    if (!line.endsWith("}")) continue;
    const record: AnalysisRecord = JSON.parse(line);
    const capturedAtMs = Date.parse(record.captured_at);
    if (capturedAtMs < fromMs || capturedAtMs > toMs) continue;
    const records = streams.get(record.stream);
    if (records === undefined) streams.set(record.stream, [record]);
    else records.push(record);
  }
  return [...streams].map(([stream, records]) => ({
    stream,
    records: records.length,
    missing: records.at(-1)!.sequence - records[0]!.sequence + 1 - records.length,
    agesMs: records.map(({ age_ms }) => age_ms),
  }));
}
