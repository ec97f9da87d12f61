// The tables of the catalogue, version by version. A step is never changed once it was released:
// a catalogue of version n gets the steps behind the n-th.

/** SQL that leads from each version to the next; a new catalogue begins with version 0. */
export const SCHEMA_STEPS: readonly string[] = [
  `CREATE TABLE uploads (
     bucket TEXT NOT NULL,
     ulid TEXT NOT NULL,
     tenant TEXT NOT NULL,
     min_time_ms INTEGER NOT NULL,
     max_time_ms INTEGER NOT NULL,
     size_bytes INTEGER NOT NULL,
     begun_ms INTEGER NOT NULL,
     ended_ms INTEGER,
     ended_as TEXT,
     requests INTEGER NOT NULL DEFAULT 0,
     sent_bytes INTEGER NOT NULL DEFAULT 0,
     received_bytes INTEGER NOT NULL DEFAULT 0,
     PRIMARY KEY (bucket, ulid)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX uploads_by_end ON uploads (ended_ms);
   CREATE TABLE upload_files (
     bucket TEXT NOT NULL,
     ulid TEXT NOT NULL,
     name TEXT NOT NULL,
     size_bytes INTEGER NOT NULL,
     crc32c INTEGER,
     sha256 TEXT,
     verified_ms INTEGER NOT NULL,
     verified_by TEXT NOT NULL,
     sent INTEGER NOT NULL,
     PRIMARY KEY (bucket, ulid, name)
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE viewed_objects (
     bucket TEXT NOT NULL,
     ulid TEXT NOT NULL,
     name TEXT NOT NULL,
     size_bytes INTEGER NOT NULL,
     modified_ms INTEGER NOT NULL,
     content TEXT NOT NULL,
     PRIMARY KEY (bucket, ulid, name)
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE compact_jobs (
     number INTEGER PRIMARY KEY,
     job_id TEXT NOT NULL,
     kind TEXT NOT NULL,
     begun_ms INTEGER NOT NULL,
     ended_ms INTEGER NOT NULL,
     ended_as TEXT NOT NULL,
     content TEXT NOT NULL
   ) STRICT;`,
];
