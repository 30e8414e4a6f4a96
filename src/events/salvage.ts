/** What can be saved of an event log that the disk has damaged. */

import { DatabaseSync } from "node:sqlite";
import type { NumberedEvent, SightlineEvent } from "./event.ts";
import type { MediaRow } from "./media_table.ts";
import { EventStore } from "./event_store.ts";

/** What became of a log that could not be opened, or read. */
export interface Salvaged {
  /** Where the damaged file is now. */
  readonly asidePath: string;
  readonly events: number;
}

/** SQLITE_CORRUPT, SQLITE_NOTADB. */
const damaged: ReadonlySet<unknown> = new Set([11, 26]);
const rowsAtOnce = 100;

/** Whether SQLite says that the file itself is broken. */
export function isDamage(error: unknown): boolean {
  // The low byte is the error, the others tell of it more closely.
  return damaged.has(Number((error as { readonly errcode?: number }).errcode) & 0xff);
}

/**
 * Puts a damaged log aside under a name that says so, makes a new one in its place, and copies what
 * can be read. Events keep their numbers, so that reading on by number repeats none.
 */
export function salvage(path: string, now: Date): Salvaged {
  const asidePath = putAside(path, now);
  using target = new EventStore(path);
  let events = 0;
  let highest = 0;
  attempt(() => {
    using source = new DatabaseSync(asidePath);
    for (const rows of readablePages(source)) {
      events += target.restore(rows);
      for (const { seq } of rows) highest = Math.max(highest, seq);
    }
    attempt(() => {
      for (const { name, next } of source.prepare("SELECT name, next FROM counters").all()) {
        target.reserveAbove(String(name), Number(next));
      }
    });
    attempt(() => {
      const open = source.prepare("SELECT key, seq, ends_as, survives FROM open").all();
      for (const { key, seq, ends_as, survives } of open) {
        target.restoreOpen(String(key), Number(seq), String(ends_as), survives === 1);
      }
    });
    attempt(() => {
      const read = source.prepare(
        `SELECT seq, kind, name, bytes FROM media JOIN media_files ON media_files.id = media.file`,
      );
      target.restoreFiles(read.all() as unknown as MediaRow[]);
    });
  });
  target.numberAbove(highest);
  return { asidePath, events };
}

/** Gives a database and what belongs to it a name that says that it is damaged; returns that. */
export function putAside(path: string, now: Date): string {
  const asidePath = `${path}.damaged-${now.toISOString().replaceAll(/[:.]/g, "-")}`;
  for (const ending of ["", "-wal", "-shm"]) {
    try {
      Deno.renameSync(path + ending, asidePath + ending);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return asidePath;
}

/** From both ends, since one page that is broken stops a reader on its way. */
function* readablePages(source: DatabaseSync): Generator<readonly NumberedEvent[]> {
  let [low, high] = [0, Number.MAX_SAFE_INTEGER];
  for (const order of ["ASC", "DESC"] as const) {
    try {
      // All else stands in the body too, and in fewer places that may be broken.
      const read = source.prepare(
        `SELECT seq, body FROM events NOT INDEXED WHERE seq > ? AND seq < ?
         ORDER BY seq ${order} LIMIT ${rowsAtOnce}`,
      );
      for (;;) {
        const rows = read.all(low, high) as unknown as {
          readonly seq: number;
          readonly body: string;
        }[];
        const last = rows.at(-1);
        if (last === undefined) return;
        yield rows.flatMap(({ seq, body }) => {
          const event = parse(body);
          return event === null ? [] : [{ seq, event }];
        });
        if (order === "ASC") low = last.seq;
        else high = last.seq;
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
}

/** Null when it is not whole. */
function parse(body: string): SightlineEvent | null {
  try {
    const event = JSON.parse(body);
    return typeof event.id === "string" && !Number.isNaN(Date.parse(event.at)) ? event : null;
  } catch {
    return null;
  }
}

/** What cannot be read is left out. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // Nothing more of it can be read.
  }
}
