/** SQLite as the event log uses it: prepared statements, and transactions that are all or nothing. */

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
