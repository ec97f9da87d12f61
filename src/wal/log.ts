// The log as the rest of Varve knows it: append records, make them durable, say where one stands.
// Segments and pages are one implementation (wal-log.ts); a partitioned log elsewhere may be
// another. Reading it back from the start is replay.ts.

/**
 * A place in the log: the file's number and a byte in it. Replay hands one out with each record.
 */
export interface LogPosition {
  readonly segment: number;
  /**
   * Bytes from the segment's start; Infinity for a record that stands in the segment's checkpoint.
   */
  readonly offset: number;
}

/** Before every record. */
export const LOG_START: LogPosition = { segment: -1, offset: 0 };

/**
 * Below 0 when `a` is before `b`. A record at `a` was logged before position `p` exactly when
 * `comparePositions(a, p) < 0`: records are known by where they begin, `p` is where one ended.
 */
export function comparePositions(a: LogPosition, b: LogPosition): number {
  if (a.segment !== b.segment) return a.segment < b.segment ? -1 : 1;
  return a.offset === b.offset ? 0 : a.offset < b.offset ? -1 : 1;
}

/** Records are bytes as Prometheus defines them (the `*-record.ts` files), type byte first. */
export interface Log {
  /**
   * Adds a copy of `record` behind all others, in memory; `sync` makes it durable. Throws
   * `overloaded` when the records that wait are over their limit: then nothing was added.
   * Between `append` and the `sync` that is to cover it, nothing may be awaited: see `generation`.
   */
  append(record: Uint8Array): void;
  /**
   * Drops what was appended since the last `sync` was asked for: for a batch whose appending failed
   * midway, of which nothing may become durable with the next one. Not while a sync runs.
   */
  withdraw(): void;
  /**
   * Resolves when everything appended before the call is durable, with the position behind the last
   * durable record. Calls during a running sync share the next one. Rejects with `disk_full` or
   * `sync_failed`; then every record not yet durable is gone, whoever appended it.
   */
  sync(): Promise<LogPosition>;
  /** Behind the last appended record. */
  position(): LogPosition;
  /** Behind the last durable record: what a cut may take as its position. */
  syncedPosition(): LogPosition;
  /** Bytes appended and not yet durable. */
  readonly pendingBytes: number;
  /**
   * Counts the failures. Records that were appended under another generation than the present one
   * and were not durable by then are gone.
   */
  readonly generation: number;
  /** Ends the segment that is written to, if it holds anything; returns the next one's number. */
  nextSegment(): number;
  /** Makes durable what was appended and closes. Nothing may be appended afterwards. */
  close(): Promise<void>;
}

/** What was appended and is lost, told before anyone waiting for it is rejected. */
export interface LogLoss {
  /** The error that every waiting caller gets. */
  readonly error: Error;
  /** Records from here on are gone; the next one appended begins a segment. */
  readonly from: LogPosition;
  readonly recordCount: number;
}
