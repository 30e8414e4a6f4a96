/** Log formatters: the demo's text form, and JSON lines. */

import type { LogLevel, LogRecord } from "@logtape/logtape";
import { describeError } from "./describe_error.ts";
import { escapeControls, escapeControlsInJson } from "./escape.ts";

/** Characters of a message, or of another text in a record, that are shown. */
const longestText = 4_000;
/** So many are looked at: what is masked may become shorter, and must be whole for it. */
const longestLook = 4 * longestText;
/** Characters of a whole record as JSON; beyond that its properties are left out. */
const longestJson = 16 * longestText;

/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

/** The category every logger of ours begins with; it is not shown. */
export const rootCategory = "sightline";

/** Level names as Python's logging, and so the demo, writes them. */
const levelNames: Readonly<Record<LogLevel, string>> = {
  trace: "DEBUG",
  debug: "DEBUG",
  info: "INFO",
  warning: "WARNING",
  error: "ERROR",
  fatal: "CRITICAL",
};

/** `2026-11-22 10:49:46,216 - stream_reader - INFO - message`, in local time, without a line end. */
export function formatText(record: LogRecord, mask: Redact = same): string {
  const level = levelNames[record.level];
  const name = escapeControls(nameOf(record));
  return `${localTime(record.timestamp)} - ${name} - ${level} - ${
    escapeControls(shorten(messageOf(record), mask))
  }`;
}

/** `{"time":…,"level":…,"logger":…,"message":…}` plus the record's properties, without a line end. */
export function formatJson(record: LogRecord, mask: Redact = same): string {
  // Before JSON escapes anything: a password may hold quotes.
  const toMaskedJson = (value: unknown) =>
    toJson(value, (_key, inner) => typeof inner === "string" ? shorten(inner, mask) : inner);
  const fixed = {
    time: new Date(record.timestamp).toISOString(),
    level: levelNames[record.level],
    logger: nameOf(record),
    message: messageOf(record),
  };
  // The fixed keys come first and last: first for the reader, last so that no property replaces one.
  const json = toMaskedJson({ ...fixed, ...record.properties, ...fixed });
  const isFit = json !== undefined && json.length <= longestJson;
  return escapeControlsInJson(isFit ? json : toMaskedJson(fixed)!);
}

/** Text from outside may have any length, and would bury the lines around it. */
function shorten(text: string, mask: Redact): string {
  const masked = mask(text.slice(0, longestLook));
  if (masked.length <= longestText && text.length <= longestLook) return masked;
  return `${masked.slice(0, longestText)}… (${text.length} characters)`;
}

/** What follows the root: `stream_reader`, or `door.stream_reader` where several streams run. */
function nameOf(record: LogRecord): string {
  const [first, ...rest] = record.category;
  return (first === rootCategory && rest.length > 0 ? rest : record.category).join(".");
}

/** LogTape hands over text and values in turn; values read as in the demo, without quotes. */
function messageOf({ message, rawMessage, properties }: LogRecord): string {
  // Without properties there is nothing to fill in: braces in a message from outside are its own.
  if (typeof rawMessage === "string" && Object.keys(properties).length === 0) return rawMessage;
  return message.map((part) => typeof part === "string" ? part : show(part)).join("");
}

function show(value: unknown): string {
  if (value instanceof Error) return describeError(value);
  if (typeof value !== "object" || value === null) return String(value);
  return toJson(value) ?? "[object]";
}

function localTime(timestamp: number): string {
  const date = new Date(timestamp);
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join("-");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part));
  return `${day} ${time.join(":")},${pad(date.getMilliseconds(), 3)}`;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}

/** JSON of anything: errors with their causes, bigints as text; undefined when it cannot be had (cycles). */
function toJson(
  value: unknown,
  replace: (key: string, value: unknown) => unknown = (_key, value) => value,
): string | undefined {
  try {
    return JSON.stringify(value, (key, value) => replace(key, toPlain(value)));
  } catch {
    return undefined;
  }
}

function toPlain(value: unknown): unknown {
  if (value instanceof Error) return describeError(value);
  return typeof value === "bigint" ? String(value) : value;
}

function same(text: string): string {
  return text;
}
