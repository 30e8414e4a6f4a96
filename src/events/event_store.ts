/** Events in SQLite. Everything here is synchronous: it belongs off the main thread. */

import { dirname } from "node:path";
import { Database } from "./database.ts";
import { type EventDraft, keysOf, type NumberedEvent, type SightlineEvent } from "./event.ts";
import { type CountBy, countEvents, type EventCount, namesSince } from "./event_counts.ts";
import {
  type EventPage,
  type EventPlace,
  type EventQuery,
  partsOf,
  toCondition,
  toCursor,
} from "./event_query.ts";
import { idBytes, makeEvent } from "./make_event.ts";
import {
  type KeptFile,
  mediaFolder,
  type MediaKind,
  type MediaRow,
  MediaTable,
} from "./media_table.ts";
import { labelsOf, NamesTable } from "./names_table.ts";
import { migrate } from "./schema.ts";

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
 * The event log's file. It keeps the books: what was opened by its key is closed once, however
 * often that is asked; what is opened again is closed first; and after a restart what is still open can
 * be closed by {@link closeAll}.
 */
export class EventStore implements Disposable {
  /** The files that its events have. */
  readonly media: MediaTable;
  readonly #db: Database;
  readonly #names: NamesTable;

  /**
   * Opens a file, or makes it; `:memory:` keeps everything in memory. `readOnly`: another process, or
   * thread, writes.
   * @throws {NewerLogError} when a newer Sightline wrote it
   * @throws {Error} with SQLite's `errcode` when it is no database, or cannot be opened
   */
  constructor(path: string, { readOnly = false }: { readonly readOnly?: boolean } = {}) {
    this.#db = new Database(path, { readOnly });
    this.#names = new NamesTable(this.#db);
    this.media = new MediaTable(this.#db, mediaFolder(dirname(path)));
    try {
      if (readOnly) return;
      this.#db.makeSafe();
      migrate(this.#db.sqlite, path);
    } catch (error) {
      this.#db[Symbol.dispose]();
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
    const row = this.#db.prepare("SELECT body FROM events WHERE id = ?").get(idBytes(id));
    return row === undefined ? null : parse(row as unknown as Row);
  }

  /** Newest first, by the time of their frames. */
  find(query: EventQuery, limit: number, before: EventPlace | null = null): EventPage {
    const parts = partsOf(query, (column) => namesSince(this.#db, column, -Infinity));
    const rows = parts.flatMap((part): Row[] => {
      const condition = toCondition(part, before, (name) => this.#names.known(name));
      if (condition === null) return [];
      return this.#db.prepare(
        `SELECT seq, at_ms, body FROM events ${condition.sql} ORDER BY at_ms DESC, seq DESC LIMIT ?`,
      ).all(...condition.values, limit + 1) as unknown as Row[];
    }).sort((a, b) => b.at_ms - a.at_ms || b.seq - a.seq);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const isMore = rows.length > limit && last !== undefined;
    const cursor = isMore ? toCursor({ atMs: last.at_ms, seq: last.seq }) : null;
    return { events: shown.map(parse), cursor };
  }

  /**
   * Those written after a number, in the order in which they were written: `limit`, or fewer if they
   * have so many bytes, but none only where there is none.
   */
  after(seq: number, limit: number, enoughBytes = Infinity): NumberedEvent[] {
    const rows = this.#db.prepare("SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?")
      .iterate(seq, limit) as unknown as Iterable<Row>;
    const found: NumberedEvent[] = [];
    let bytes = 0;
    for (const row of rows) {
      found.push({ seq: row.seq, event: parse(row) });
      bytes += row.body.length;
      if (bytes >= enoughBytes) break;
    }
    return found;
  }

  /** The number of an event; null when there is none, or no longer. */
  seqOf(id: string): number | null {
    const row = this.#db.prepare("SELECT seq FROM events WHERE id = ?").get(idBytes(id));
    return (row as { readonly seq: number } | undefined)?.seq ?? null;
  }

  /** The number of the event that was written last, kept or not. */
  lastSeq(): number {
    const row = this.#db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get();
    return (row as { readonly seq: number } | undefined)?.seq ?? 0;
  }

  /** The first of `count` numbers, from 1, that were never set aside before under this name. */
  reserve(name: string, count: number): number {
    return this.#transaction(() => {
      const row = this.#db.prepare("SELECT next FROM counters WHERE name = ?").get(name);
      const first = (row as { readonly next: number } | undefined)?.next ?? 1;
      this.#db.prepare("INSERT OR REPLACE INTO counters (name, next) VALUES (?, ?)")
        .run(name, first + count);
      return first;
    });
  }

  /** Names of each kind that events since a moment have. */
  names(fromMs: number): Readonly<Record<CountBy, readonly string[]>> {
    const of = (by: CountBy) => namesSince(this.#db, by, fromMs);
    return { stream: of("stream"), label: of("label"), zone: of("zone"), type: of("type") };
  }

  /** How many events of each name were in each span of `bucketMs`, oldest first; the newest 10,000. */
  counts(by: CountBy, bucketMs: number, query: EventQuery): EventCount[] {
    const condition = toCondition(query, null, (name) => this.#names.known(name));
    if (condition === null) return [];
    return countEvents(this.#db, by, bucketMs, condition);
  }

  /**
   * Removes up to `limit` of the oldest events that happened before a moment, and returns how many
   * they were; with a label only of those, null = of those without one. The beginning of what is
   * still open stays.
   */
  removeBefore(ms: number, limit: number, label?: string | null): number {
    if (label === undefined) return this.#remove("at_ms < ?", [ms], limit);
    if (label === null) return this.#remove("label IS NULL AND at_ms < ?", [ms], limit);
    const number = this.#names.known(label);
    return number === null ? 0 : this.#remove("label = ? AND at_ms < ?", [number, ms], limit);
  }

  /** Every label that an event has. */
  labels(): string[] {
    return labelsOf(this.#db);
  }

  /** Removes the `limit` oldest, or fewer if their files have so many bytes; returns how many. */
  removeOldest(limit: number, enoughBytes = Infinity): number {
    return this.#remove("true", [], limit, enoughBytes);
  }

  /** Gives a file to an event; false when there is no such event. */
  addFile(id: string, kind: MediaKind, file: KeptFile): boolean {
    return this.#transaction(() => {
      const seq = this.seqOf(id);
      if (seq !== null) this.media.add({ seq, kind, ...file });
      return seq !== null;
    });
  }

  /** A file of an event; null when it has none. */
  fileOf(id: string, kind: MediaKind): KeptFile | null {
    const seq = this.seqOf(id);
    return seq === null ? null : this.media.of(seq, kind);
  }

  /** Those of some names that an event has. */
  knownFiles(names: readonly string[]): string[] {
    return this.media.known(names);
  }

  /** Takes files that events had in another log, as far as these events are there. */
  restoreFiles(rows: readonly MediaRow[]): void {
    this.#transaction(() => {
      const isThere = this.#db.prepare("SELECT 1 FROM events WHERE seq = ?");
      for (const row of rows) if (isThere.get(row.seq) !== undefined) this.media.add(row);
    });
  }

  /** Takes events of another log, with their numbers; returns how many were not there yet. */
  restore(rows: readonly NumberedEvent[]): number {
    return this.#transaction(() => {
      return rows.filter(({ seq, event }) => {
        const isThere = this.seqOf(event.id) !== null ||
          this.#db.prepare("SELECT 1 FROM events WHERE seq = ?").get(seq) !== undefined;
        if (!isThere) this.#insert(event, seq);
        return !isThere;
      }).length;
    });
  }

  /** Takes what was open in another log, if its beginning is there. */
  restoreOpen(key: string, seq: number, endsAs: string, survives: boolean): void {
    this.#db.prepare(
      `INSERT OR IGNORE INTO open (key, seq, ends_as, survives)
       SELECT ?, seq, ?, ? FROM events WHERE seq = ?`,
    ).run(key, endsAs, survives ? 1 : 0, seq);
  }

  /** No number below is set aside under this name any more. */
  reserveAbove(name: string, next: number): void {
    this.#db.prepare("INSERT OR REPLACE INTO counters (name, next) VALUES (?, ?)").run(name, next);
  }

  /** Events are numbered well above: others may have had numbers that cannot be read any more. */
  numberAbove(seq: number): void {
    // The table has no key, so nothing would be replaced.
    this.#db.run("DELETE FROM sqlite_sequence WHERE name = 'events'");
    this.#db.prepare(
      "INSERT INTO sqlite_sequence (name, seq) VALUES ('events', CAST(? AS INTEGER))",
    )
      .run(seq + numberGap);
  }

  /** Gives what became free back to the disk: the file is then as large as what it holds. */
  shrink(): void {
    this.#db.run("PRAGMA incremental_vacuum(2000)");
    this.checkpoint();
  }

  /** Brings what lies in the write-ahead log into the file, and empties it. */
  checkpoint(): void {
    this.#db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** Events in all. */
  get size(): number {
    const row = this.#db.prepare("SELECT count(*) AS size FROM events").get();
    return (row as unknown as { readonly size: number }).size;
  }

  /** Bytes of the file that hold something, and of pictures and clips. */
  get usedBytes(): number {
    return this.#db.usedBytes + this.media.bytes;
  }

  [Symbol.dispose](): void {
    this.#db[Symbol.dispose]();
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
      this.#db.prepare("INSERT INTO open (key, seq, ends_as, survives) VALUES (?, ?, ?, ?)")
        .run(opens.key, made.seq, opens.endsAs, opens.survives ? 1 : 0);
    }
    return [...written, made];
  }

  /** Ends what a row began; what the draft does not say, the beginning said. */
  #close(row: OpenRow, draft: Partial<EventDraft> & Pick<EventDraft, "at">): NumberedEvent {
    const started = parse(row);
    const { id: started_id, reason: _reason, data: _data, snapshot: _s, clip: _c, ...rest } =
      started;
    // A clock that was set back must not let something end before it began.
    const endMs = Math.max(Date.parse(draft.at), Date.parse(started.at));
    const made = this.#insert(makeEvent(
      { ...rest, type: row.ends_as, ...draft, at: new Date(endMs).toISOString() },
      { started_id, duration_ms: endMs - Date.parse(started.at) },
    ));
    this.#db.prepare("DELETE FROM open WHERE key = ?").run(row.key);
    return made;
  }

  /** `seq`: its number; null = the next one. */
  #insert(event: SightlineEvent, seq: number | null = null): NumberedEvent {
    const { label, zone, confidence } = keysOf(event);
    const { lastInsertRowid } = this.#db.prepare(
      `INSERT INTO events (seq, id, at_ms, stream, type, label, zone, confidence, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      seq,
      idBytes(event.id),
      Date.parse(event.at),
      this.#names.number(event.stream),
      this.#names.number(event.type),
      label === null ? null : this.#names.number(label),
      zone === null ? null : this.#names.number(zone),
      confidence,
      JSON.stringify(event),
    );
    return { seq: Number(lastInsertRowid), event };
  }

  #remove(
    condition: string,
    values: readonly number[],
    limit: number,
    enoughBytes = Infinity,
  ): number {
    const { count, files } = this.#transaction(() => {
      const rows = this.#db.prepare(
        `SELECT seq FROM events WHERE ${condition} AND seq NOT IN (SELECT seq FROM open)
         ORDER BY at_ms, seq LIMIT ?`,
      ).all(...values, limit) as unknown as { readonly seq: number }[];
      const remove = this.#db.prepare("DELETE FROM events WHERE seq = ?");
      let bytes = 0;
      let count = 0;
      const files: string[] = [];
      for (; count < rows.length && bytes < enoughBytes; count++) {
        const { seq } = rows[count]!;
        if (enoughBytes < Infinity) bytes += this.media.bytesOf(seq);
        // One by one: a file that events share counts with the last that has it.
        files.push(...this.media.forget(seq));
        remove.run(seq);
      }
      return { count, files };
    });
    // Last, so that no event names a file that is gone.
    this.media.removeFiles(files);
    return count;
  }

  #openRow(key: string): OpenRow | undefined {
    return this.#openRows("WHERE key = ?", key)[0];
  }

  #openRows(where = "", ...values: readonly string[]): OpenRow[] {
    return this.#db.prepare(
      `SELECT key, ends_as, survives, open.seq, at_ms, body FROM open JOIN events USING (seq)
       ${where} ORDER BY open.seq`,
    ).all(...values) as unknown as OpenRow[];
  }

  #transaction<T>(work: () => T): T {
    try {
      return this.#db.transaction(work);
    } catch (error) {
      this.#names.forget();
      throw error;
    }
  }
}

const parse = ({ body }: Pick<Row, "body">): SightlineEvent => JSON.parse(body);
