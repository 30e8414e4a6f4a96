/** What can be saved of an event log that the disk has damaged. */

import { DatabaseSync } from "node:sqlite";
import { EventStore } from "./event_store.ts";
import { migrate } from "./schema.ts";

/** What became of a log that could not be opened. */
export interface Salvaged {
  /** Where the damaged file is now. */
  readonly asidePath: string;
  readonly events: number;
}

/** SQLITE_CORRUPT, SQLITE_NOTADB. */
const damaged: ReadonlySet<unknown> = new Set([11, 26]);
const rowsAtOnce = 500;
/** Numbers that may have been given to events which cannot be read any more. */
const gap = 1_000_000;

/** Whether SQLite says that the file itself is broken. */
export function isDamage(error: unknown): boolean {
  // The low byte is the error, the others tell of it more closely.
  return damaged.has(Number((error as { readonly errcode?: number }).errcode) & 0xff);
}

/**
 * Puts a damaged log aside under a name that says so, makes a new one in its place, and copies what
 * can be read. Events keep their numbers, so that whoever reads on by number repeats none.
 */
export function salvage(path: string, now: Date): Salvaged {
  const asidePath = `${path}.damaged-${now.toISOString().replaceAll(/[:.]/g, "-")}`;
  for (const ending of ["", "-wal", "-shm"]) {
    try {
      Deno.renameSync(path + ending, asidePath + ending);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  new EventStore(path)[Symbol.dispose]();
  using target = new DatabaseSync(path);
  let events = 0;
  let highest = 0;
  try {
    using source = new DatabaseSync(asidePath);
    // A log of an earlier version has other tables.
    migrate(source, asidePath);
    for (const rows of readablePages(source)) {
      events += copy(target, rows);
      for (const { seq } of rows) highest = Math.max(highest, Number(seq));
    }
    copyOpen(source, target);
    copyCounters(source, target);
  } catch {
    // Nothing more of it can be read.
  }
  // The table has no key, so nothing would be replaced.
  target.exec("DELETE FROM sqlite_sequence WHERE name = 'events'");
  target.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', CAST(? AS INTEGER))")
    .run(highest + gap);
  return { asidePath, events };
}

interface EventRow {
  readonly seq: number;
  readonly id: Uint8Array;
  readonly at_ms: number;
  readonly stream: string;
  readonly type: string;
  readonly label: string | null;
  readonly zone: string | null;
  readonly confidence: number | null;
  readonly body: string;
}

/** From both ends, since one page that is broken stops a reader on its way. */
function* readablePages(source: DatabaseSync): Generator<readonly EventRow[]> {
  const names = (column: string) =>
    `(SELECT text FROM names WHERE names.id = ${column}) AS ${column}`;
  const columns = `seq, id, at_ms, ${names("stream")}, ${names("type")}, ${names("label")}, ` +
    `${names("zone")}, confidence, body`;
  let [low, high] = [0, Number.MAX_SAFE_INTEGER];
  for (const [condition, order] of [["seq > ?", "ASC"], ["seq < ?", "DESC"]] as const) {
    try {
      const read = source.prepare(
        `SELECT ${columns} FROM events NOT INDEXED WHERE ${condition} AND seq < ${high}
         AND seq > ${low} ORDER BY seq ${order} LIMIT ${rowsAtOnce}`,
      );
      for (let at = order === "ASC" ? low : high;;) {
        const rows = read.all(at) as unknown as EventRow[];
        if (rows.length === 0) return;
        yield rows;
        at = rows.at(-1)!.seq;
        if (order === "ASC") low = at;
        else high = at;
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
}

function copy(target: DatabaseSync, rows: readonly EventRow[]): number {
  const named = target.prepare("INSERT OR IGNORE INTO names (text) VALUES (?)");
  const put = target.prepare(
    `INSERT OR IGNORE INTO events (seq, id, at_ms, stream, type, label, zone, confidence, body)
     VALUES (?, ?, ?, (SELECT id FROM names WHERE text = ?), (SELECT id FROM names WHERE text = ?),
     (SELECT id FROM names WHERE text = ?), (SELECT id FROM names WHERE text = ?), ?, ?)`,
  );
  let copied = 0;
  target.exec("BEGIN");
  for (const { seq, id, at_ms, stream, type, label, zone, confidence, body } of rows) {
    for (const name of [stream, type, label, zone]) if (name !== null) named.run(name);
    try {
      const { changes } = put.run(seq, id, at_ms, stream, type, label, zone, confidence, body);
      copied += Number(changes);
    } catch {
      // A row that is not whole is no event.
    }
  }
  target.exec("COMMIT");
  return copied;
}

function copyCounters(source: DatabaseSync, target: DatabaseSync): void {
  const put = target.prepare("INSERT OR REPLACE INTO counters (name, next) VALUES (?, ?)");
  for (const { name, next } of source.prepare("SELECT * FROM counters").iterate()) {
    put.run(name!, next!);
  }
}

function copyOpen(source: DatabaseSync, target: DatabaseSync): void {
  const put = target.prepare(
    `INSERT OR IGNORE INTO open (key, seq, ends_as, survives)
     SELECT ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM events WHERE seq = ?)`,
  );
  for (const { key, seq, ends_as, survives } of source.prepare("SELECT * FROM open").iterate()) {
    put.run(key!, seq!, ends_as!, survives!, seq!);
  }
}
