/** Which events are asked for, and how SQLite is asked. */

import type { MediaKind } from "./media_table.ts";
import { keysOf, type SightlineEvent } from "./event.ts";

/** All of it must hold; what is absent says nothing. */
export interface EventQuery {
  readonly stream?: string;
  readonly type?: string;
  /** Null: only what has none. */
  readonly label?: string | null;
  readonly zone?: string;
  /** None of these. */
  readonly notTypes?: readonly string[];
  /** None of these; what has no label stays. */
  readonly notLabels?: readonly string[];
  /** Milliseconds since 1970, included. */
  readonly fromMs?: number;
  /** Milliseconds since 1970, not included. */
  readonly toMs?: number;
  /** 0…1, included. */
  readonly minConfidence?: number;
  /** Only what has begun and not ended. */
  readonly open?: boolean;
  /** Only what has such a file. */
  readonly has?: MediaKind;
}

/** The same by the names that flags and addresses have. */
export interface GivenQuery {
  readonly stream?: string | undefined;
  readonly type?: string | undefined;
  readonly label?: string | undefined;
  readonly zone?: string | undefined;
  readonly not_type?: readonly string[] | undefined;
  readonly not_label?: readonly string[] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly min_confidence?: number | undefined;
  readonly open?: boolean | undefined;
  readonly has?: MediaKind | undefined;
}

/** The query, without what was not given. */
export function toQuery(given: GivenQuery): EventQuery {
  const { stream, type, label, zone, not_type, not_label, from, to, min_confidence, open, has } =
    given;
  return {
    ...(stream !== undefined && { stream }),
    ...(type !== undefined && { type }),
    ...(label !== undefined && { label }),
    ...(zone !== undefined && { zone }),
    ...(not_type !== undefined && { notTypes: not_type }),
    ...(not_label !== undefined && { notLabels: not_label }),
    ...(from !== undefined && { fromMs: from }),
    ...(to !== undefined && { toMs: to }),
    ...(min_confidence !== undefined && { minConfidence: min_confidence }),
    ...(open && { open }),
    ...(has && { has }),
  };
}

/** Whether an event that has just come is asked for; whether it is still open is not looked at. */
export function fits(event: SightlineEvent, query: EventQuery): boolean {
  const { label, zone, confidence } = keysOf(event);
  const atMs = Date.parse(event.at);
  return (query.stream ?? event.stream) === event.stream &&
    (query.type ?? event.type) === event.type &&
    (query.label === undefined || query.label === label) && (query.zone ?? zone) === zone &&
    !query.notTypes?.includes(event.type) &&
    (label === null || !query.notLabels?.includes(label)) &&
    atMs >= (query.fromMs ?? -Infinity) && atMs < (query.toMs ?? Infinity) &&
    (query.minConfidence === undefined || (confidence ?? -1) >= query.minConfidence);
}

/** A place in the order of events, newest first. */
export interface EventPlace {
  readonly atMs: number;
  readonly seq: number;
}

/** The text of a cursor, for a link to the next page. */
export function toCursor({ atMs, seq }: EventPlace): string {
  return `${atMs.toString(36)}-${seq.toString(36)}`;
}

/** Null when it is no cursor. */
export function fromCursor(text: string): EventPlace | null {
  const match = /^(-?[0-9a-z]{1,11})-([0-9a-z]{1,11})$/.exec(text);
  if (match === null) return null;
  const [atMs, seq] = [parseInt(match[1]!, 36), parseInt(match[2]!, 36)];
  return Number.isSafeInteger(atMs) && Number.isSafeInteger(seq) ? { atMs, seq } : null;
}

/** More queries at once would take longer than one that reads on. */
const mostParts = 200;

/**
 * Queries that find together what one finds that leaves something out: for what is left an index leads
 * to the newest, while what is left out might be passed over a million times.
 */
export function partsOf(
  query: EventQuery,
  namesOf: (column: "type" | "label") => readonly string[],
): readonly EventQuery[] {
  const { notTypes, notLabels, ...rest } = query;
  let parts: EventQuery[] = [query];
  if (notTypes !== undefined && query.type === undefined) {
    parts = namesOf("type").filter((type) => !notTypes.includes(type))
      .map((type) => ({ ...rest, ...(notLabels !== undefined && { notLabels }), type }));
  } else if (notLabels !== undefined && query.label === undefined) {
    parts = [null, ...namesOf("label").filter((label) => !notLabels.includes(label))]
      .map((label) => ({ ...rest, ...(notTypes !== undefined && { notTypes }), label }));
  }
  return parts.length > mostParts ? [query] : parts;
}

/** A condition, and the values of its `?` in order. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly (number | string)[];
}

/**
 * The WHERE of a query on `events`. `numberOf` tells the number of a name, null when no event has it:
 * then nothing matches, and null is returned.
 */
export function toCondition(
  query: EventQuery,
  before: EventPlace | null,
  numberOf: (name: string) => number | null,
): Condition | null {
  const parts: string[] = [];
  const values: (number | string)[] = [];
  const add = (sql: string, ...given: (number | string)[]) => {
    parts.push(sql);
    values.push(...given);
  };
  for (const column of ["stream", "type", "label", "zone"] as const) {
    const name = query[column];
    if (name === undefined) continue;
    if (name === null) {
      add("label IS NULL");
      continue;
    }
    const number = numberOf(name);
    if (number === null) return null;
    add(`${column} = ?`, number);
  }
  const numbersOf = (names: readonly string[] = []) =>
    names.map(numberOf).filter((number) => number !== null);
  const marks = (numbers: readonly number[]) => numbers.map(() => "?").join(", ");
  const [notTypes, notLabels] = [numbersOf(query.notTypes), numbersOf(query.notLabels)];
  if (notTypes.length > 0) add(`type NOT IN (${marks(notTypes)})`, ...notTypes);
  if (notLabels.length > 0) {
    add(`(label IS NULL OR label NOT IN (${marks(notLabels)}))`, ...notLabels);
  }
  if (query.fromMs !== undefined) add("at_ms >= ?", query.fromMs);
  if (query.toMs !== undefined) add("at_ms < ?", query.toMs);
  if (query.minConfidence !== undefined) add("confidence >= ?", query.minConfidence);
  if (query.open) add("seq IN (SELECT seq FROM open)");
  if (query.has) {
    add("EXISTS (SELECT 1 FROM media WHERE media.seq = events.seq AND kind = ?)", query.has);
  }
  if (before !== null) add("(at_ms, seq) < (?, ?)", before.atMs, before.seq);
  return { sql: parts.length === 0 ? "" : `WHERE ${parts.join(" AND ")}`, values };
}

/** Some events, newest first. */
export interface EventPage {
  readonly events: readonly SightlineEvent[];
  /** Leads to the next page; null on the last one. */
  readonly cursor: string | null;
}
