/** What may be asked of events in the query of an address, and what is wrong with what was asked. */

import { z } from "zod";
import { fromCursor } from "../../events/event_query.ts";
import { parseDate } from "../../settings/parse_date.ts";

const name = z.string().min(1).max(256);
/** What `Date.parse` reads is more than that: it takes "5" for a day in May of 2001. */
const timeForm = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
const time = z.string().refine((text) => timeForm.test(text) && !Number.isNaN(parseDate(text)), {
  error: "must be a time such as 2026-11-29T10:00:00Z or 2026-11-29",
}).transform(parseDate);
const cursor = z.string().refine((text) => fromCursor(text) !== null, {
  error: "must be the cursor of an earlier answer",
}).transform((text) => fromCursor(text)!);

/** In digits: `Number` takes nothing at all for 0, and "0x10" for 16. */
function number(error: string, least: number, most: number, isWhole = false) {
  const form = isWhole ? /^\d{1,9}$/ : /^\d{1,9}(?:\.\d{1,18})?$/;
  return z.string().regex(form, error).transform(Number)
    .pipe(z.number(error).min(least, error).max(most, error))
    .meta({ type: isWhole ? "integer" : "number", minimum: least, maximum: most });
}

/** What may be there more than once. */
const lists: ReadonlySet<string> = new Set(["not_type", "not_label"]);
const names = z.array(name).max(32, "must be there 32 times at most");

/** Which events; each must hold. */
const filters = {
  stream: name.optional().describe("name of the stream"),
  type: name.optional().describe("type of the event, such as zone_entered"),
  label: name.optional().describe("class of the object, such as person"),
  zone: name.optional().describe("name of the zone"),
  not_type: names.optional().describe("not of this type; may be given more than once"),
  not_label: names.optional().describe("not of this class; may be given more than once"),
  from: time.optional().describe("not before this time"),
  to: time.optional().describe("before this time"),
  min_confidence: number("must be a number from 0 to 1", 0, 1).optional().describe(
    "confidence of the object, at least",
  ),
  open: z.enum(["true", "false"], { error: "must be true or false" }).transform((text) =>
    text === "true"
  ).optional()
    .describe("true: only what has begun and not ended"),
};

const flag = z.enum(["0", "1"], { error: "must be 0 or 1" }).transform((text) => text === "1");

/** Of `/api/events/{id}/snapshot.jpg`. */
export const snapshotParams = z.strictObject({
  crop: flag.default(false).describe("1: only the object, and some of what is around it"),
  box: flag.default(false).describe("1: with the object's box"),
  wait: flag.default(true)
    .describe("0: one that is still being made is 404 at once, rather than waited for"),
  height: number("must be a whole number from 16 to 4320", 16, 4320, true).optional().describe(
    "pixels, at most; as many as the camera sends where it is not given",
  ),
});

/** Of `/api/events/{id}/clip.mp4` and `…/boxes.json`: none. */
export const fileParams = z.strictObject({});

const limit = (most: number) => number(`must be a whole number from 1 to ${most}`, 1, most, true);

/** Units of a span, in milliseconds. */
const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

const bucket = z.string().regex(/^[1-9]\d{0,3}[mhd]$/, {
  error: "must be a span of minutes, hours or days, such as 15m, 1h or 1d",
}).transform((text) => Number(text.slice(0, -1)) * units[text.at(-1)!]!);

/** Of `/api/events`. */
export const listParams = z.strictObject({
  ...filters,
  has: z.enum(["snapshot", "clip"], { error: "must be snapshot or clip" }).optional()
    .describe("only events that have a picture, or a clip"),
  limit: limit(1000).optional().describe(
    "events in one answer; as json, 100 where it is not given",
  ),
  cursor: cursor.optional().describe("from an earlier answer: what comes after it"),
  format: z.enum(["json", "ndjson", "csv"], { error: "must be json, ndjson or csv" })
    .default("json").describe("ndjson and csv give all events, in one answer"),
});

/** Of `/api/events/stream`. */
export const streamParams = z.strictObject({
  stream: filters.stream,
  type: filters.type,
  label: filters.label,
  zone: filters.zone,
  not_type: filters.not_type,
  not_label: filters.not_label,
  min_confidence: filters.min_confidence,
  last_event_id: z.string().max(64).optional()
    .describe("go on behind this event, as the header Last-Event-ID says it"),
});

/** Of `/api/events/names`. */
export const nameParams = z.strictObject({
  from: time.optional().describe("only of events since this time"),
});

/** Of `/api/counts`. */
export const countParams = z.strictObject({
  ...filters,
  by: z.enum(["stream", "label", "zone", "type"], {
    error: "must be stream, label, zone or type",
  }).describe("what is told apart"),
  bucket: bucket.default(units["h"]!).describe("span of time that is counted together"),
});

/** A parameter that is wrong. */
export interface ParamProblem {
  readonly parameter: string;
  readonly message: string;
}

/** The parameters of a request, or what is wrong with them. */
export type Read<T> =
  | { readonly params: T; readonly problems: null }
  | { readonly params: null; readonly problems: readonly ParamProblem[] };

/** Checks what a request asks for. */
export function readParams<S extends z.ZodObject>(
  schema: S,
  query: Readonly<Record<string, readonly string[]>>,
): Read<z.output<S>> {
  const repeated = Object.keys(query).filter((key) => query[key]!.length > 1 && !lists.has(key));
  if (repeated.length > 0) {
    const message = "is there more than once, give it once";
    return { params: null, problems: repeated.map((parameter) => ({ parameter, message })) };
  }
  const given = Object.fromEntries(
    Object.entries(query).map(([key, values]) => [key, lists.has(key) ? values : values[0]!]),
  );
  const { success, data, error } = schema.safeParse(given);
  if (success) return { params: data, problems: null };
  const problems = error.issues.flatMap((issue): ParamProblem[] => {
    if (issue.code === "unrecognized_keys") {
      const known = Object.keys(schema.shape);
      const message = known.length === 0
        ? "is unknown, there is none here"
        : `is unknown, known are ${known.join(", ")}`;
      return issue.keys.map((parameter) => ({ parameter, message }));
    }
    const parameter = String(issue.path[0]);
    const value = given[parameter];
    if (value === undefined) return [{ parameter, message: `missing, ${issue.message}` }];
    const text = typeof value === "string" ? value : value[Number(issue.path[1] ?? 0)]!;
    const shown = JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
    return [{ parameter, message: `is ${shown}, ${inWords(issue)}` }];
  });
  return { params: null, problems };
}

function inWords(issue: z.core.$ZodIssue): string {
  return /^must /.test(issue.message) ? issue.message : "must be 1 to 256 characters";
}
