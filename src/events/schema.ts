/** The tables of the event log, and how those of earlier versions become today's. */

import type { DatabaseSync } from "node:sqlite";

/**
 * What leads from each version to the next. A name stands once in `names`, as cameras and labels are
 * few and events many. `open` holds what has begun and not ended, `media` which event has which of
 * the files, as several may have one. An index for each question that
 * people ask: each is in the order of time, so that the newest come without sorting.
 */
const migrations: readonly string[] = [
  `CREATE TABLE names (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
   CREATE TABLE events (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     id BLOB NOT NULL UNIQUE,
     at_ms INTEGER NOT NULL,
     stream INTEGER NOT NULL,
     type INTEGER NOT NULL,
     label INTEGER,
     zone INTEGER,
     confidence REAL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE INDEX events_by_time ON events (at_ms);
   CREATE INDEX events_by_stream ON events (stream, at_ms);
   CREATE INDEX events_by_stream_type ON events (stream, type, at_ms);
   CREATE INDEX events_by_stream_label ON events (stream, label, at_ms) WHERE label IS NOT NULL;
   CREATE INDEX events_by_label ON events (label, at_ms) WHERE label IS NOT NULL;
   CREATE INDEX events_by_type ON events (type, at_ms);
   CREATE INDEX events_by_zone ON events (zone, at_ms) WHERE zone IS NOT NULL;
   CREATE TABLE open (
     key TEXT PRIMARY KEY,
     seq INTEGER NOT NULL,
     ends_as TEXT NOT NULL,
     survives INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE counters (name TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE media_files (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     bytes INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE media (
     seq INTEGER NOT NULL,
     kind TEXT NOT NULL,
     file INTEGER NOT NULL,
     PRIMARY KEY (seq, kind)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX media_by_file ON media (file);`,
  // What is kept by label is removed by label, and this is what has none.
  `CREATE INDEX events_without_label ON events (at_ms) WHERE label IS NULL;`,
];

/** The version that this program writes. */
export const schemaVersion = migrations.length;

/** A log that a newer Sightline wrote. */
export class NewerLogError extends Error {
  override name = "NewerLogError";
}

/** Brings the tables to today's version, in one transaction. @throws {NewerLogError} */
export function migrate(database: DatabaseSync, path: string): void {
  const version = versionOf(database);
  if (version > schemaVersion) {
    throw new NewerLogError(
      `Cannot use the event log ${path}: it has version ${version}, known is up to ` +
        `${schemaVersion}; use a newer Sightline, or another --data_dir`,
    );
  }
  if (version === schemaVersion) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const step of migrations.slice(version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${schemaVersion}`);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function versionOf(database: DatabaseSync): number {
  const { user_version } = database.prepare("PRAGMA user_version").get() as {
    readonly user_version: number;
  };
  return user_version;
}
