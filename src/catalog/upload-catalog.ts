// The catalogue's part on uploads: for each block and file what was sent, how it was verified and
// what it cost. The shipper goes on by it where an upload was cut off; people read it.
//
// Invariant: it is bounded. Of blocks whose upload has ended the newest 100,000 are kept.

import type { SqlRow } from '../base/runtime/databases.ts';
import type {
  KnownUpload,
  LoggedBlock,
  LoggedFile,
  UploadCost,
  UploadEnd,
  UploadLog,
} from '../bucket/upload-log.ts';
import type { Catalog, Sql } from './catalog.ts';

/** Blocks kept whose upload has ended. */
const UPLOADS_KEPT = 100_000;
/** After so many ends it is looked whether there are more. */
const ENDS_PER_SWEEP = 1_000;

/** A block's upload, for people. Times are Unix milliseconds. */
export interface UploadEntry {
  readonly ulid: string;
  readonly bucket: string;
  readonly tenant: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly sizeBytes: number;
  readonly begunMs: number;
  /** Undefined while it is under way, or after it was cut off. */
  readonly endedMs: number | undefined;
  readonly end: UploadEnd | undefined;
  readonly requests: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly files: readonly UploadedFile[];
}

/** A file of it. */
export interface UploadedFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Eight hex digits. */
  readonly crc32c: string | undefined;
  readonly sha256: string | undefined;
  readonly verifiedMs: number;
  readonly verifiedBy: string;
  readonly sent: boolean;
}

/** See the head of the file. */
export class UploadCatalog implements UploadLog {
  readonly #catalog: Catalog;
  #endsSinceSweep = ENDS_PER_SWEEP;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  isNoted(bucket: string, ulid: string): boolean | undefined {
    return this.#catalog.read((sql) => hasUpload(sql, bucket, ulid));
  }

  known(bucket: string, ulid: string): KnownUpload {
    const found = this.#catalog.read((sql) => ({
      isNoted: hasUpload(sql, bucket, ulid),
      files: filesOf(sql, bucket, ulid),
    }));
    const isNoted = found?.isNoted;
    return {
      begun: isNoted === true ? true : this.#catalog.hasLost ? undefined : isNoted,
      files: new Map((found?.files ?? []).map((row) => [text(row.name), knownFile(row)])),
    };
  }

  begin(bucket: string, block: LoggedBlock): void {
    const { ulid, tenant, minTimeMs, maxTimeMs, sizeBytes } = block;
    const nowMs = this.#catalog.clock.nowMs();
    this.#catalog.write((sql) =>
      sql(
        `INSERT INTO uploads
           (bucket, ulid, tenant, min_time_ms, max_time_ms, size_bytes, begun_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET size_bytes = excluded.size_bytes, ended_ms = NULL,
           ended_as = NULL`,
      ).run(bucket, ulid, tenant, minTimeMs, maxTimeMs, sizeBytes, nowMs),
    );
  }

  fileVerified(bucket: string, ulid: string, file: LoggedFile): void {
    const { name, sizeBytes, verifiedBy } = file;
    const nowMs = this.#catalog.clock.nowMs();
    const [crc32c, sha256] = [file.crc32c ?? null, file.sha256 ?? null];
    const sent = file.sent ? 1 : 0;
    this.#catalog.write((sql) =>
      sql(
        `INSERT OR REPLACE INTO upload_files
           (bucket, ulid, name, size_bytes, crc32c, sha256, verified_ms, verified_by, sent)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(bucket, ulid, name, sizeBytes, crc32c, sha256, nowMs, verifiedBy, sent),
    );
  }

  addCost(bucket: string, ulid: string, cost: UploadCost): void {
    const { requests, sentBytes, receivedBytes } = cost;
    this.#catalog.write((sql) =>
      sql(
        `UPDATE uploads SET requests = requests + ?, sent_bytes = sent_bytes + ?,
           received_bytes = received_bytes + ?
         WHERE bucket = ? AND ulid = ?`,
      ).run(requests, sentBytes, receivedBytes, bucket, ulid),
    );
  }

  end(bucket: string, ulid: string, end: UploadEnd): void {
    const nowMs = this.#catalog.clock.nowMs();
    this.#catalog.write((sql) =>
      sql('UPDATE uploads SET ended_ms = ?, ended_as = ? WHERE bucket = ? AND ulid = ?').run(
        nowMs,
        end,
        bucket,
        ulid,
      ),
    );
    if (++this.#endsSinceSweep < ENDS_PER_SWEEP) return;
    this.#endsSinceSweep = 0;
    this.sweep(UPLOADS_KEPT);
  }

  /** Forgets the oldest of the blocks whose upload has ended, until `kept` are left. */
  sweep(kept: number): void {
    this.#catalog.write((sql) => {
      const surplus = sql(
        `SELECT bucket, ulid FROM uploads WHERE ended_ms IS NOT NULL
         ORDER BY ended_ms DESC, ulid DESC LIMIT -1 OFFSET ?`,
      ).all(kept);
      for (const { bucket, ulid } of surplus) {
        const key = [text(bucket), text(ulid)];
        sql('DELETE FROM upload_files WHERE bucket = ? AND ulid = ?').run(...key);
        sql('DELETE FROM uploads WHERE bucket = ? AND ulid = ?').run(...key);
      }
    });
  }

  /** The `limit` newest: first what is under way, then by the time of their end. */
  newest(limit: number): readonly UploadEntry[] {
    const entries = this.#catalog.read((sql) =>
      sql(
        `SELECT * FROM uploads
         ORDER BY ended_ms IS NOT NULL, ended_ms DESC, begun_ms DESC, ulid DESC LIMIT ?`,
      )
        .all(limit)
        .map((row) => entryOf(row, filesOf(sql, text(row.bucket), text(row.ulid)))),
    );
    return entries ?? [];
  }
}

function hasUpload(sql: Sql, bucket: string, ulid: string): boolean {
  const found = sql('SELECT 1 FROM uploads WHERE bucket = ? AND ulid = ?').get(bucket, ulid);
  return found !== undefined;
}

function filesOf(sql: Sql, bucket: string, ulid: string): readonly SqlRow[] {
  return sql('SELECT * FROM upload_files WHERE bucket = ? AND ulid = ? ORDER BY name').all(
    bucket,
    ulid,
  );
}

function knownFile(row: SqlRow): { sizeBytes: number; crc32c: number | undefined } {
  return { sizeBytes: Number(row.size_bytes), crc32c: optional(row.crc32c, Number) };
}

function entryOf(row: SqlRow, files: readonly SqlRow[]): UploadEntry {
  return {
    ulid: text(row.ulid),
    bucket: text(row.bucket),
    tenant: text(row.tenant),
    minTimeMs: Number(row.min_time_ms),
    maxTimeMs: Number(row.max_time_ms),
    sizeBytes: Number(row.size_bytes),
    begunMs: Number(row.begun_ms),
    endedMs: optional(row.ended_ms, Number),
    end: optional(row.ended_as, (end) => text(end) as UploadEnd),
    requests: Number(row.requests),
    sentBytes: Number(row.sent_bytes),
    receivedBytes: Number(row.received_bytes),
    files: files.map((file) => ({
      name: text(file.name),
      sizeBytes: Number(file.size_bytes),
      crc32c: optional(file.crc32c, (crc) => Number(crc).toString(16).padStart(8, '0')),
      sha256: optional(file.sha256, text),
      verifiedMs: Number(file.verified_ms),
      verifiedBy: text(file.verified_by),
      sent: file.sent === 1,
    })),
  };
}

type Column = SqlRow[string] | undefined;

function text(value: Column): string {
  return String(value ?? '');
}

function optional<T>(value: Column, make: (value: Column) => T): T | undefined {
  return value === null || value === undefined ? undefined : make(value);
}
