/** SQLite as events and deliveries use it: prepared statements, and transactions that are all or nothing. */

import { DatabaseSync, type StatementSync } from "node:sqlite";

/** One open file. */
export class Database implements Disposable {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws {Error} with SQLite's `errcode` when it cannot be opened */
  constructor(path: string, { readOnly }: { readonly readOnly: boolean }) {
    this.#database = new DatabaseSync(path, { readOnly, timeout: 5000 });
  }

  /** SQLite's own interface. */
  get sqlite(): DatabaseSync {
    return this.#database;
  }

  /** For a writer: what was committed is there after a power cut, and what was freed can be given back. */
  makeSafe(): void {
    // Before the first table: pages that became free can be given back to the disk.
    this.run("PRAGMA auto_vacuum = INCREMENTAL");
    // FULL: an event that was acknowledged is there after a power cut.
    this.run("PRAGMA journal_mode = WAL");
    this.run("PRAGMA synchronous = FULL");
    // Events are spread over eight indexes, which a large log has no room for in SQLite's 2 MB.
    this.run("PRAGMA cache_size = -16000");
    // On a small disk the log of changes must not take all the room: pages, 4 MB of them.
    this.run("PRAGMA wal_autocheckpoint = 1000");
    this.run("PRAGMA journal_size_limit = 1048576");
  }

  /** A statement, prepared once. */
  prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** `exec` would throw errors without SQLite's number. */
  run(sql: string): void {
    this.prepare(sql).all();
  }

  /** Does all of the work, or nothing of it. */
  transaction<T>(work: () => T): T {
    this.run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.run("COMMIT");
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors, such as a full disk.
      if (this.#database.isTransaction) this.run("ROLLBACK");
      throw error;
    }
  }

  /** Bytes of the file that hold something. */
  get usedBytes(): number {
    const pragma = (name: string) => Object.values(this.prepare(`PRAGMA ${name}`).get()!)[0];
    const [pages, free, size] = ["page_count", "freelist_count", "page_size"].map(pragma);
    return (Number(pages) - Number(free)) * Number(size);
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }
}
