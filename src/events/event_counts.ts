/** How many events there were, by name and span of time. */

import type { Database } from "./database.ts";
import type { Condition } from "./event_query.ts";

/** What events are counted by. */
export type CountBy = "stream" | "label" | "zone" | "type";

/** Events of one name within one span of time. */
export interface EventCount {
  readonly name: string;
  /** Milliseconds since 1970 at which the span begins. */
  readonly fromMs: number;
  readonly count: number;
}

const mostCounts = 10_000;

/** Counts the events of each name in each span of `bucketMs`, oldest first; the newest 10,000. */
export function countEvents(
  database: Database,
  by: CountBy,
  bucketMs: number,
  condition: Condition,
): EventCount[] {
  const where = condition.sql === "" ? "WHERE" : `${condition.sql} AND`;
  const newestFirst = database.prepare(
    `SELECT text AS name, bucket * CAST(? AS INTEGER) AS fromMs, count FROM (
       SELECT ${by} AS number, at_ms / CAST(? AS INTEGER) AS bucket, count(*) AS count
       FROM events ${where} ${by} IS NOT NULL GROUP BY bucket, number
     ) JOIN names ON names.id = number ORDER BY bucket DESC, name DESC LIMIT ${mostCounts}`,
  ).all(bucketMs, bucketMs, ...condition.values) as unknown as EventCount[];
  return newestFirst.reverse();
}

/** Names that events since a moment have; it takes a look for each name there ever was. */
export function namesSince(database: Database, by: CountBy, fromMs: number): string[] {
  const rows = database.prepare(
    `SELECT text FROM names
     WHERE EXISTS (SELECT 1 FROM events WHERE ${by} = names.id AND at_ms >= ?) ORDER BY text`,
  ).all(fromMs);
  return rows.map(({ text }) => String(text));
}
