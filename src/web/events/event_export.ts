/** Many events as one answer, for a spreadsheet or a script. */

import type { EventLog } from "../../events/event_log.ts";
import { keysOf, type SightlineEvent } from "../../events/event.ts";
import { type EventPlace, type EventQuery, fromCursor } from "../../events/event_query.ts";

/** Forms of the answer. */
export type ExportFormat = "ndjson" | "csv";

/** What each is called. */
export const exportTypes: Readonly<Record<ExportFormat, string>> = {
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8",
};

const pageSize = 500;

const columns: readonly (readonly [name: string, of: (event: SightlineEvent) => unknown])[] = [
  ["id", ({ id }) => id],
  ["type", ({ type }) => type],
  ["at", ({ at }) => at],
  ["stream", ({ stream }) => stream],
  ["use_case", ({ use_case }) => use_case],
  ["sequence", ({ sequence }) => sequence],
  ["object_id", ({ object }) => object?.id],
  ["label", (event) => keysOf(event).label],
  ["confidence", (event) => keysOf(event).confidence],
  ["zone", (event) => keysOf(event).zone],
  ["line", ({ line }) => line],
  ["duration_ms", ({ duration_ms }) => duration_ms],
  ["reason", ({ reason }) => reason],
  ["started_id", ({ started_id }) => started_id],
  ["data", ({ data }) => data === undefined ? undefined : JSON.stringify(data)],
];

/** Which events, and how. */
export interface ExportOptions {
  readonly query: EventQuery;
  readonly format: ExportFormat;
  /** So many; undefined = all. */
  readonly limit: number | undefined;
  /** Only what comes after this place. */
  readonly before: EventPlace | null;
  /** A reader that takes nothing for so long is given up. */
  readonly patienceMs: number;
  /** Called when it is given up: the connection cannot be written to. */
  readonly onStuck: () => void;
}

/** The body of the answer: newest first, read from the log as fast as it is taken. */
export function exportEvents(
  log: Pick<EventLog, "ask">,
  { query, format, limit = Infinity, before, patienceMs, onStuck }: ExportOptions,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let begun = false;
  let left = limit;
  let stuck: ReturnType<typeof setTimeout> | undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      clearTimeout(stuck);
      const page = await log.ask("find", query, Math.min(pageSize, left), before);
      left -= page.events.length;
      const head = format === "csv" && !begun ? [columns.map(([name]) => name).join(",")] : [];
      begun = true;
      const lines = [...head, ...page.events.map(format === "csv" ? toCsv : toJson)];
      if (lines.length > 0) controller.enqueue(encoder.encode(lines.join("\r\n") + "\r\n"));
      if (page.cursor === null || left <= 0) return controller.close();
      before = fromCursor(page.cursor);
      stuck = setTimeout(onStuck, patienceMs);
    },
    cancel: () => clearTimeout(stuck),
  }, { highWaterMark: 0 });
}

function toJson(event: SightlineEvent): string {
  return JSON.stringify(event);
}

function toCsv(event: SightlineEvent): string {
  return columns.map(([, of]) => cell(of(event))).join(",");
}

/** As RFC 4180 has it; what a spreadsheet would take for a formula is kept a text by an apostrophe. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value)
    ? `'${value}`
    : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
