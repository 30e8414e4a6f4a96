/** Events in SQLite. Everything here is synchronous: it belongs off the main thread. */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type EventDraft, keysOf, makeEvent, type SightlineEvent } from "./event.ts";
import { type EventPlace, type EventQuery, toCondition, toCursor } from "./event_query.ts";
import { migrate } from "./schema.ts";

/** How a store is opened. */
export interface EventStoreOptions {
  /** Another process, or thread, writes. @default {false} */
  readonly readOnly?: boolean;
}

/** Some events, newest first. */
export interface EventPage {
  readonly events: readonly SightlineEvent[];
  /** Leads to the next page; null on the last one. */
  readonly cursor: string | null;
}

/** An event with its number in the order in which events were written. */
export interface NumberedEvent {
  readonly seq: number;
  readonly event: SightlineEvent;
}

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
/** Numbers that may have been given to events which cannot be read any more. */
const numberGap = 1_000_000;

interface Row {
  readonly seq: number;
  readonly at_ms: number;
  readonly body: string;
}

interface OpenRow extends Row {
  readonly key: string;
  readonly ends_as: string;
  readonly survives: number;
}

/**
 * The event log's file. It keeps the books: what was opened by its key is closed once, whoever asks
 * for it how often; what is opened again is closed first; and after a restart what is still open can
 * be closed by {@link closeAll}.
 */
export class EventStore implements Disposable {
  readonly #database: DatabaseSync;
  readonly #numbers = new Map<string, number>();
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens a file, or makes it; `:memory:` keeps everything in memory.
   * @throws {NewerLogError} when a newer Sightline wrote it
   * @throws {Error} with SQLite's `errcode` when it is no database, or cannot be opened
   */
  constructor(path: string, { readOnly = false }: EventStoreOptions = {}) {
    this.#database = new DatabaseSync(path, { readOnly, timeout: 5000 });
    try {
      if (readOnly) return;
      // Before the first table: pages that became free can be given back to the disk.
      this.#run("PRAGMA auto_vacuum = INCREMENTAL");
      // FULL: an event that was acknowledged is there after a power cut.
      this.#run("PRAGMA journal_mode = WAL");
      this.#run("PRAGMA synchronous = FULL");
      // On a small disk the log of changes must not take all the room.
      this.#run("PRAGMA wal_autocheckpoint = 256");
      this.#run("PRAGMA journal_size_limit = 1048576");
      migrate(this.#database, path);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /**
   * Writes all, or nothing, and returns what was written: a draft that closes what is not open gives
   * no event, and one that opens what is open gives two.
   */
  append(drafts: readonly EventDraft[]): NumberedEvent[] {
    return this.#transaction(() => drafts.flatMap((draft) => this.#appendOne(draft)));
  }

  /**
   * Closes what is open, such as what an earlier process left, but for what survives it on one of
   * `streams`.
   */
  closeAll(reason: string, at: string, streams: readonly string[] = []): NumberedEvent[] {
    return this.#transaction(() => {
      return this.#openRows()
        .filter((row) => row.survives === 0 || !streams.includes(parse(row).stream))
        .map((row) => this.#close(row, { at, reason }));
    });
  }

  /** Closes what is open on one stream. */
  closeStream(stream: string, reason: string, at: string): NumberedEvent[] {
    return this.#transaction(() => {
      return this.#openRows()
        .filter((row) => parse(row).stream === stream)
        .map((row) => this.#close(row, { at, reason }));
    });
  }

  /** Keys of what has begun and not ended. */
  openKeys(): string[] {
    return this.#openRows().map(({ key }) => key);
  }

  /** One event. */
  get(id: string): SightlineEvent | null {
    const row = this.#prepare("SELECT body FROM events WHERE id = ?").get(toBytes(id));
    return row === undefined ? null : parse(row as unknown as Row);
  }

  /** Newest first, by the time of their frames. */
  find(query: EventQuery, limit: number, before: EventPlace | null = null): EventPage {
    const condition = toCondition(query, before, (name) => this.#knownNumber(name));
    if (condition === null) return { events: [], cursor: null };
    const rows = this.#prepare(
      `SELECT seq, at_ms, body FROM events ${condition.sql} ORDER BY at_ms DESC, seq DESC LIMIT ?`,
    ).all(...condition.values, limit + 1) as unknown as Row[];
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const cursor = rows.length > limit && last !== undefined
      ? toCursor({ atMs: last.at_ms, seq: last.seq })
      : null;
    return { events: shown.map(parse), cursor };
  }

  /** Those written after a number, in the order in which they were written. */
  after(seq: number, limit: number): NumberedEvent[] {
    const rows = this.#prepare("SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?")
      .all(seq, limit) as unknown as Row[];
    return rows.map((row) => ({ seq: row.seq, event: parse(row) }));
  }

  /** The number of an event; null when there is none, or no longer. */
  seqOf(id: string): number | null {
    const row = this.#prepare("SELECT seq FROM events WHERE id = ?").get(toBytes(id));
    return (row as { readonly seq: number } | undefined)?.seq ?? null;
  }

  /** The number of the event that was written last, kept or not. */
  lastSeq(): number {
    const row = this.#prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get();
    return (row as { readonly seq: number } | undefined)?.seq ?? 0;
  }

  /** The first of `count` numbers, from 1, that were never set aside before under this name. */
  reserve(name: string, count: number): number {
    return this.#transaction(() => {
      const row = this.#prepare("SELECT next FROM counters WHERE name = ?").get(name);
      const first = (row as { readonly next: number } | undefined)?.next ?? 1;
      this.#prepare("INSERT OR REPLACE INTO counters (name, next) VALUES (?, ?)")
        .run(name, first + count);
      return first;
    });
  }

  /** How many events of each name were in each span of `bucketMs`, oldest first; the newest 10,000. */
  counts(by: CountBy, bucketMs: number, query: EventQuery): EventCount[] {
    const condition = toCondition(query, null, (name) => this.#knownNumber(name));
    if (condition === null) return [];
    const where = condition.sql === "" ? "WHERE" : `${condition.sql} AND`;
    const newestFirst = this.#prepare(
      `SELECT text AS name, bucket * CAST(? AS INTEGER) AS fromMs, count FROM (
         SELECT ${by} AS number, at_ms / CAST(? AS INTEGER) AS bucket, count(*) AS count
         FROM events ${where} ${by} IS NOT NULL GROUP BY bucket, number
       ) JOIN names ON names.id = number ORDER BY bucket DESC, name DESC LIMIT ${mostCounts}`,
    ).all(bucketMs, bucketMs, ...condition.values) as unknown as EventCount[];
    return newestFirst.reverse();
  }

  /**
   * Removes up to `limit` of the oldest events that happened before a moment, and returns how many
   * they were. The beginning of what is still open stays.
   */
  removeBefore(ms: number, limit: number, label?: string): number {
    const number = label === undefined ? undefined : this.#knownNumber(label);
    if (number === null) return 0;
    const [sql, values] = number === undefined ? ["", []] : ["label = ? AND", [number]];
    return this.#remove(`${sql} at_ms < ?`, [...values, ms], limit);
  }

  /** Removes the `limit` oldest; returns how many there were. */
  removeOldest(limit: number): number {
    return this.#remove("true", [], limit);
  }

  /** Takes events of another log, with their numbers; returns how many were not there yet. */
  restore(rows: readonly NumberedEvent[]): number {
    return this.#transaction(() => {
      return rows.filter(({ seq, event }) => {
        const isThere = this.seqOf(event.id) !== null ||
          this.#prepare("SELECT 1 FROM events WHERE seq = ?").get(seq) !== undefined;
        if (!isThere) this.#insert(event, seq);
        return !isThere;
      }).length;
    });
  }

  /** Takes what was open in another log, if its beginning is there. */
  restoreOpen(key: string, seq: number, endsAs: string, survives: boolean): void {
    this.#prepare(
      `INSERT OR IGNORE INTO open (key, seq, ends_as, survives)
       SELECT ?, seq, ?, ? FROM events WHERE seq = ?`,
    ).run(key, endsAs, survives ? 1 : 0, seq);
  }

  /** No number below is set aside under this name any more. */
  reserveAbove(name: string, next: number): void {
    this.#prepare("INSERT OR REPLACE INTO counters (name, next) VALUES (?, ?)").run(name, next);
  }

  /** Events are numbered well above: others may have had numbers that cannot be read any more. */
  numberAbove(seq: number): void {
    // The table has no key, so nothing would be replaced.
    this.#run("DELETE FROM sqlite_sequence WHERE name = 'events'");
    this.#prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', CAST(? AS INTEGER))")
      .run(seq + numberGap);
  }

  /** Gives what became free back to the disk: the file is then as large as what it holds. */
  shrink(): void {
    this.#run("PRAGMA incremental_vacuum(2000)");
    this.checkpoint();
  }

  /** Brings what lies in the write-ahead log into the file, and empties it. */
  checkpoint(): void {
    this.#run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** Events in all. */
  get size(): number {
    const row = this.#prepare("SELECT count(*) AS size FROM events").get();
    return (row as unknown as { readonly size: number }).size;
  }

  /** Bytes of the file that hold something. */
  get usedBytes(): number {
    const pragma = (name: string) => Object.values(this.#prepare(`PRAGMA ${name}`).get()!)[0];
    const [pages, free, size] = ["page_count", "freelist_count", "page_size"].map(pragma);
    return (Number(pages) - Number(free)) * Number(size);
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #appendOne(draft: EventDraft): NumberedEvent[] {
    const { opens, closes } = draft;
    if (closes !== undefined) {
      const row = this.#openRow(closes.key);
      if (row !== undefined) return [this.#close(row, draft)];
      if (!closes.always) return [];
    }
    const written: NumberedEvent[] = [];
    const before = opens && this.#openRow(opens.key);
    // What outlives us is told when it begins, and not again by each who finds it so.
    if (before && opens?.survives) return [];
    if (before) written.push(this.#close(before, { at: draft.at, reason: "replaced" }));
    const made = this.#insert(makeEvent(draft));
    if (opens) {
      this.#prepare("INSERT INTO open (key, seq, ends_as, survives) VALUES (?, ?, ?, ?)")
        .run(opens.key, made.seq, opens.endsAs, opens.survives ? 1 : 0);
    }
    return [...written, made];
  }

  /** Ends what a row began; what the draft does not say, the beginning said. */
  #close(row: OpenRow, draft: Partial<EventDraft> & Pick<EventDraft, "at">): NumberedEvent {
    const started = parse(row);
    const { id: started_id, reason: _reason, data: _data, ...rest } = started;
    // A clock that was set back must not let something end before it began.
    const endMs = Math.max(Date.parse(draft.at), Date.parse(started.at));
    const made = this.#insert(makeEvent(
      { ...rest, type: row.ends_as, ...draft, at: new Date(endMs).toISOString() },
      { started_id, duration_ms: endMs - Date.parse(started.at) },
    ));
    this.#prepare("DELETE FROM open WHERE key = ?").run(row.key);
    return made;
  }

  /** `seq`: its number; null = the next one. */
  #insert(event: SightlineEvent, seq: number | null = null): NumberedEvent {
    const { label, zone, confidence } = keysOf(event);
    const { lastInsertRowid } = this.#prepare(
      `INSERT INTO events (seq, id, at_ms, stream, type, label, zone, confidence, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      seq,
      toBytes(event.id),
      Date.parse(event.at),
      this.#number(event.stream),
      this.#number(event.type),
      label === null ? null : this.#number(label),
      zone === null ? null : this.#number(zone),
      confidence,
      JSON.stringify(event),
    );
    return { seq: Number(lastInsertRowid), event };
  }

  #remove(condition: string, values: readonly number[], limit: number): number {
    return this.#transaction(() => {
      const { changes } = this.#prepare(
        `DELETE FROM events WHERE seq IN (
           SELECT seq FROM events WHERE ${condition} AND seq NOT IN (SELECT seq FROM open)
           ORDER BY at_ms, seq LIMIT ?
         )`,
      ).run(...values, limit);
      return Number(changes);
    });
  }

  #openRow(key: string): OpenRow | undefined {
    return this.#openRows("WHERE key = ?", key)[0];
  }

  #openRows(where = "", ...values: readonly string[]): OpenRow[] {
    return this.#prepare(
      `SELECT key, ends_as, survives, open.seq, at_ms, body FROM open JOIN events USING (seq)
       ${where} ORDER BY open.seq`,
    ).all(...values) as unknown as OpenRow[];
  }

  /** The number of a name, a new one where it is new. */
  #number(name: string): number {
    const known = this.#knownNumber(name);
    if (known !== null) return known;
    const { lastInsertRowid } = this.#prepare("INSERT INTO names (text) VALUES (?)").run(name);
    const number = Number(lastInsertRowid);
    this.#numbers.set(name, number);
    return number;
  }

  #knownNumber(name: string): number | null {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const row = this.#prepare("SELECT id FROM names WHERE text = ?").get(name);
    if (row === undefined) return null;
    const { id } = row as unknown as { readonly id: number };
    this.#numbers.set(name, id);
    return id;
  }

  #transaction<T>(work: () => T): T {
    this.#run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#run("COMMIT");
      return result;
    } catch (error) {
      // Names that were new are not there any more.
      this.#numbers.clear();
      // SQLite has rolled back by itself after some errors, such as a full disk.
      if (this.#database.isTransaction) this.#run("ROLLBACK");
      throw error;
    }
  }

  /** `exec` would throw errors without SQLite's number. */
  #run(sql: string): void {
    this.#prepare(sql).all();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function parse({ body }: Pick<Row, "body">): SightlineEvent {
  return JSON.parse(body);
}

/** A UUID as SQLite keeps it: 16 bytes instead of 36. What is no UUID is nobody's. */
function toBytes(id: string): Uint8Array {
  const hex = id.replaceAll("-", "");
  return /^[0-9a-f]{32}$/i.test(hex) ? Uint8Array.fromHex(hex) : new Uint8Array();
}
