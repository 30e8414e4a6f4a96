/** Names, each of which stands once in an event log and has a number there. */

import type { Database } from "./database.ts";

/** Labels of events; each is sought behind the one before, so that it takes a look for each of them. */
export function labelsOf(database: Database): string[] {
  const rows = database.prepare(
    `WITH RECURSIVE found (label) AS (
       SELECT min(label) FROM events WHERE label IS NOT NULL
       UNION ALL
       SELECT (SELECT min(label) FROM events WHERE label > found.label) FROM found
       WHERE found.label IS NOT NULL
     ) SELECT text FROM found JOIN names ON names.id = found.label`,
  ).all();
  return rows.map(({ text }) => String(text));
}

/** Cameras, types, labels and zones: few, though events are many. */
export class NamesTable {
  readonly #database: Database;
  readonly #numbers = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The number of a name; null when no event has it. */
  known(name: string): number | null {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const row = this.#database.prepare("SELECT id FROM names WHERE text = ?").get(name);
    if (row === undefined) return null;
    const { id } = row as unknown as { readonly id: number };
    this.#numbers.set(name, id);
    return id;
  }

  /** The number of a name, a new one where it is new. */
  number(name: string): number {
    const known = this.known(name);
    if (known !== null) return known;
    const { lastInsertRowid } = this.#database.prepare("INSERT INTO names (text) VALUES (?)")
      .run(name);
    const number = Number(lastInsertRowid);
    this.#numbers.set(name, number);
    return number;
  }

  /** A transaction was taken back, and names that were new are not there any more. */
  forget(): void {
    this.#numbers.clear();
  }
}
