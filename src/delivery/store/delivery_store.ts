/** What became of events, for each destination, in SQLite. Synchronous: it belongs off the main thread. */

import { Database } from "../../events/database.ts";
import type { SightlineEvent } from "../../events/event.ts";

/** How far a destination has come, and what became of its events so far. */
export interface DeliveryState {
  /** All events of the log up to this number are settled, or were none of its own. */
  readonly cursor: number;
  /** Numbers above the cursor that are settled too. */
  readonly settled: readonly number[];
  /** All events up to this number are counted in `accepted`, if they are its own. */
  readonly head: number;
  readonly accepted: number;
  readonly delivered: number;
  readonly expired: number;
  readonly full: number;
  readonly refused: number;
  /** Bytes of JSON that wait. */
  readonly waitingBytes: number;
  /** Capture of the oldest that waits, in milliseconds since 1970; null when nothing waits. */
  readonly oldestAtMs: number | null;
  /** The last failure, in words; null while all is well. */
  readonly lastError: string | null;
  /** Why nothing is sent any more, in words; null while it is. */
  readonly disabled: string | null;
}

/** An event that its destination refused for good. */
export interface DeadLetter {
  readonly event: SightlineEvent;
  /** Why, in the destination's words. */
  readonly reason: string;
}

/** A dead letter that is kept. */
export interface KeptLetter extends DeadLetter {
  readonly number: number;
  readonly destination: string;
  /** Milliseconds since 1970. */
  readonly refusedAtMs: number;
}

/** What changed with one state: dead letters come and go in the same transaction. */
export interface LetterChanges {
  readonly refused: readonly DeadLetter[];
  /** Letters that were sent again, and are gone: taken, or lost. */
  readonly gone: readonly number[];
  /** Letters that were sent again, and refused again. */
  readonly refusedAgain: readonly { readonly number: number; readonly reason: string }[];
}

/** A state with the name of its destination. */
export interface NamedState extends DeliveryState {
  readonly name: string;
}

/** Of one destination; the oldest make room. */
const mostLetters = 10_000;

const tables = `
  CREATE TABLE IF NOT EXISTS destinations (
    destination TEXT PRIMARY KEY,
    state TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS dead_letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT NOT NULL,
    refused_at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    event TEXT NOT NULL,
    -- 0: set aside, 1: shall be sent again, 2: waits to be sent
    again INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS letters_of ON dead_letters (destination, again, number);
  -- Destinations that shall send again though they were disabled.
  CREATE TABLE IF NOT EXISTS enable (destination TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`;

/** The version that this program writes. */
const version = 1;

interface LetterRow {
  readonly number: number;
  readonly destination: string;
  readonly refused_at_ms: number;
  readonly reason: string;
  readonly event: string;
}

/** The file `deliveries.db` beside the event log. */
export class DeliveryStore implements Disposable {
  readonly #database: Database;

  /**
   * Opens a file, or makes it; `:memory:` keeps everything in memory.
   * @throws {Error} with SQLite's `errcode` when it is no database, or cannot be opened
   */
  constructor(path: string, { readOnly = false } = {}) {
    this.#database = new Database(path, { readOnly });
    try {
      if (readOnly) return;
      this.#database.run("PRAGMA journal_mode = WAL");
      // What a power cut takes is sent twice, not lost: the log of events is what must be safe.
      this.#database.run("PRAGMA synchronous = NORMAL");
      this.#database.run("PRAGMA journal_size_limit = 1048576");
      const { user_version } = this.#database.prepare("PRAGMA user_version").get() as {
        readonly user_version: number;
      };
      if (user_version > version) {
        throw new Error(
          `Cannot use ${path}: it has version ${user_version}, known is up to ${version}; ` +
            "use a newer Sightline, or another --data_dir",
        );
      }
      this.#database.sqlite.exec(tables);
      this.#database.run(`PRAGMA user_version = ${version}`);
    } catch (error) {
      this.#database[Symbol.dispose]();
      throw error;
    }
  }

  /** The state of a destination; null when it is new. */
  load(destination: string): DeliveryState | null {
    const row = this.#database.prepare("SELECT state FROM destinations WHERE destination = ?")
      .get(destination);
    return row === undefined ? null : JSON.parse((row as { readonly state: string }).state);
  }

  /** Keeps a state, and what changed with it. */
  save(destination: string, state: DeliveryState, changes: LetterChanges): void {
    const { refused, gone, refusedAgain } = changes;
    this.#database.transaction(() => {
      this.#saveState(destination, state);
      for (const { event, reason } of refused) {
        this.#database.prepare(
          `INSERT INTO dead_letters (destination, refused_at_ms, reason, event)
           VALUES (?, ?, ?, ?)`,
        ).run(destination, Date.now(), reason, JSON.stringify(event));
      }
      for (const number of gone) {
        this.#database.prepare("DELETE FROM dead_letters WHERE number = ?").run(number);
      }
      for (const { number, reason } of refusedAgain) {
        this.#database.prepare(
          "UPDATE dead_letters SET again = 0, reason = ?, refused_at_ms = ? WHERE number = ?",
        ).run(reason, Date.now(), number);
      }
      if (refused.length > 0) this.#removeOldestLetters(destination);
    });
  }

  /**
   * Letters that shall be sent again, which from now on count as accepted once more. `from` are all
   * that an earlier process had taken, too.
   */
  takeLetters(destination: string, { alsoTaken }: { readonly alsoTaken: boolean }): KeptLetter[] {
    const asked = this.#letters(
      "WHERE destination = ? AND again = 1 ORDER BY number",
      destination,
    );
    const taken = alsoTaken
      ? this.#letters("WHERE destination = ? AND again = 2 ORDER BY number", destination)
      : [];
    if (asked.length === 0) return taken;
    this.#database.transaction(() => {
      this.#database.prepare(
        "UPDATE dead_letters SET again = 2 WHERE destination = ? AND again = 1",
      )
        .run(destination);
      const state = this.load(destination);
      if (state === null) return;
      this.#saveState(destination, { ...state, accepted: state.accepted + asked.length });
    });
    return [...taken, ...asked];
  }

  /** Whether a disabled destination was asked to send again; true only once. */
  takeEnabled(destination: string): boolean {
    const { changes } = this.#database.prepare("DELETE FROM enable WHERE destination = ?").run(
      destination,
    );
    return Number(changes) > 0;
  }

  /** The states of all destinations that there ever were, by name. */
  states(): NamedState[] {
    const rows = this.#database.prepare(
      "SELECT destination, state FROM destinations ORDER BY destination",
    )
      .all() as unknown as { readonly destination: string; readonly state: string }[];
    return rows.map(({ destination, state }) => ({ name: destination, ...JSON.parse(state) }));
  }

  /** Dead letters, newest first. */
  letters(destination: string | null, limit: number): KeptLetter[] {
    return destination === null
      ? this.#letters("WHERE again = 0 ORDER BY number DESC LIMIT ?", limit)
      : this.#letters(
        "WHERE destination = ? AND again = 0 ORDER BY number DESC LIMIT ?",
        destination,
        limit,
      );
  }

  /** How many dead letters each destination has. */
  letterCounts(): ReadonlyMap<string, number> {
    const rows = this.#database.prepare(
      "SELECT destination, count(*) AS count FROM dead_letters WHERE again = 0 GROUP BY destination",
    ).all() as unknown as { readonly destination: string; readonly count: number }[];
    return new Map(rows.map(({ destination, count }) => [destination, count]));
  }

  /** Dead letters of a destination, or of all, shall be sent again; returns how many. */
  retry(destination: string | null): number {
    const { changes } = destination === null
      ? this.#database.prepare("UPDATE dead_letters SET again = 1 WHERE again = 0").run()
      : this.#database.prepare(
        "UPDATE dead_letters SET again = 1 WHERE again = 0 AND destination = ?",
      )
        .run(destination);
    for (const { name, disabled } of this.states()) {
      if (disabled === null || destination !== null && name !== destination) continue;
      this.#database.prepare("INSERT OR IGNORE INTO enable (destination) VALUES (?)").run(name);
    }
    return Number(changes);
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]();
  }

  #saveState(destination: string, state: DeliveryState): void {
    this.#database.prepare("INSERT OR REPLACE INTO destinations (destination, state) VALUES (?, ?)")
      .run(destination, JSON.stringify(state));
  }

  #removeOldestLetters(destination: string): void {
    this.#database.prepare(
      `DELETE FROM dead_letters WHERE destination = ? AND again = 0 AND number <= (
         SELECT number FROM dead_letters WHERE destination = ? AND again = 0
         ORDER BY number DESC LIMIT 1 OFFSET ?
       )`,
    ).run(destination, destination, mostLetters);
  }

  #letters(where: string, ...values: (string | number)[]): KeptLetter[] {
    const rows = this.#database.prepare(
      `SELECT number, destination, refused_at_ms, reason, event FROM dead_letters ${where}`,
    ).all(...values) as unknown as LetterRow[];
    return rows.map(({ number, destination, refused_at_ms, reason, event }) => ({
      number,
      destination,
      refusedAtMs: refused_at_ms,
      reason,
      event: JSON.parse(event),
    }));
  }
}
