/** Which files the events of a log have: their pictures and clips. */

import type { Database } from "./database.ts";

/** What a file is to its event: its picture, its clip, or the boxes of that clip. */
export type MediaKind = "snapshot" | "clip" | "boxes";

/** A file in the folder of media. */
export interface KeptFile {
  /** From that folder on. */
  readonly name: string;
  readonly bytes: number;
}

/** A file with the event that has it, as another log kept them. */
export interface MediaRow extends KeptFile {
  readonly seq: number;
  readonly kind: string;
}

/** Several events may have one file; it goes with the last of them. */
export class MediaTable {
  readonly #database: Database;
  readonly #folder: string;

  /** `folder`: where the files lie. */
  constructor(database: Database, folder: string) {
    this.#database = database;
    this.#folder = folder;
  }

  /** Gives a file to an event. */
  add({ seq, kind, name, bytes }: MediaRow): void {
    this.#database.prepare("INSERT OR IGNORE INTO media_files (name, bytes) VALUES (?, ?)")
      .run(name, bytes);
    this.#database.prepare(
      `INSERT OR REPLACE INTO media (seq, kind, file)
       SELECT CAST(? AS INTEGER), ?, id FROM media_files WHERE name = ?`,
    ).run(seq, kind, name);
  }

  /** The file of an event; null when it has none of that kind. */
  of(seq: number, kind: MediaKind): KeptFile | null {
    const row = this.#database.prepare(
      `SELECT name, bytes FROM media JOIN media_files ON media_files.id = media.file
       WHERE seq = ? AND kind = ?`,
    ).get(seq, kind);
    return (row as unknown as KeptFile | undefined) ?? null;
  }

  /** Those of some names that an event has. */
  known(names: readonly string[]): string[] {
    const find = this.#database.prepare("SELECT 1 FROM media_files WHERE name = ?");
    return names.filter((name) => find.get(name) !== undefined);
  }

  /** Bytes of the files that an event has and no other one. */
  bytesOf(seq: number): number {
    const row = this.#database.prepare(
      `SELECT coalesce(sum(bytes), 0) AS bytes FROM media_files WHERE id IN (
         SELECT file FROM media WHERE seq = ?1
       ) AND NOT EXISTS (SELECT 1 FROM media WHERE file = media_files.id AND seq <> ?1)`,
    ).get(seq);
    return (row as unknown as { readonly bytes: number }).bytes;
  }

  /** Forgets what an event had; returns the files that are no longer used. */
  forget(seq: number): string[] {
    const files = this.#database.prepare("DELETE FROM media WHERE seq = ? RETURNING file").all(seq);
    const remove = this.#database.prepare(
      `DELETE FROM media_files WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM media WHERE file = ?1)
       RETURNING name`,
    );
    return files.flatMap(({ file }) => remove.all(Number(file)).map(({ name }) => String(name)));
  }

  /** Removes files; what cannot be removed is, at the next start. */
  removeFiles(names: readonly string[]): void {
    for (const name of names) this.#remove(name);
  }

  /**
   * Removes so many bytes of files at least, if there are, from those of the oldest events on. It writes
   * nothing, for which a full disk has no room.
   */
  removeOldest(bytes: number): void {
    const files = this.#database.prepare(
      `SELECT name, bytes FROM media_files
       JOIN media ON media.file = media_files.id JOIN events USING (seq)
       GROUP BY file HAVING sum(seq IN (SELECT seq FROM open)) = 0 ORDER BY max(at_ms)`,
    ).all() as unknown as KeptFile[];
    let removed = 0;
    for (const file of files) {
      if (removed >= bytes) return;
      if (this.#remove(file.name)) removed += file.bytes;
    }
  }

  #remove(name: string): boolean {
    try {
      Deno.removeSync(`${this.#folder}/${name}`);
      return true;
    } catch {
      // It is gone already.
      return false;
    }
  }

  /** Bytes of all files. */
  get bytes(): number {
    const row = this.#database.prepare("SELECT coalesce(sum(bytes), 0) AS bytes FROM media_files")
      .get();
    return (row as unknown as { readonly bytes: number }).bytes;
  }
}

/** The folder of pictures and clips in a data folder. */
export function mediaFolder(dataDir: string): string {
  return `${dataDir}/media`;
}
