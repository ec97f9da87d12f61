// What a Prometheus's user deleted, as its log says it (tombstone records): read in a pass of its
// own before a replay, because a deletion stands behind the samples that it deletes.
//
// A deletion holds for everything that the Prometheus logged, before it or after it, as it hides
// both; for samples in Varve's own segments only when it was logged behind them.
// Invariant: memory is bounded by DELETIONS_MAX, whatever the log holds.

import { OutOfBytes } from '../base/bytes/byte-reader.ts';
import type { F64Column, U32Column } from '../base/bytes/columns.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { RECORD_BYTES_MAX, RECORD_TOMBSTONES } from './format.ts';
import { comparePositions, type LogPosition } from './log.ts';
import { RecordReader } from './record-reader.ts';
import { findWalFiles } from './replay.ts';
import type { ScanFile } from './scan.ts';
import { decodeTombstones, TombstoneColumns } from './tombstones-record.ts';

/** Deleted ranges that a log may hold; each takes about 100 bytes while it is replayed. */
export const DELETIONS_MAX = 2_000_000;

/** How much is read between two calls of `yieldNow`. */
const SLICE_BYTES = 1024 * 1024;

interface Deletion {
  /** Both inclusive. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** Samples logged before here are deleted. */
  readonly until: LogPosition;
  /** Not a user's: Prometheus moved the whole series from its head into a block. */
  readonly isEviction: boolean;
}

/** Which samples of a log are not to be brought back. */
export class Deletions {
  readonly #byRef = new Map<number, Deletion[]>();
  /** References whose series Prometheus took out of its head, into a block. */
  readonly #evicted = new Set<number>();
  readonly #firstOwnSegment: number;
  #count = 0;

  /** @param firstOwnSegment the first segment that Varve began (Origin.firstSegment) */
  constructor(firstOwnSegment: number) {
    this.#firstOwnSegment = firstOwnSegment;
  }

  get isEmpty(): boolean {
    return this.#byRef.size === 0;
  }

  /** Takes the entries of a record logged at `at`. Throws `unsupported` beyond DELETIONS_MAX. */
  add({ refs, minTimes, maxTimes }: TombstoneColumns, at: LogPosition): void {
    this.#count += refs.length;
    if (this.#count > DELETIONS_MAX) {
      const what = `the log holds more than ${DELETIONS_MAX} deletions`;
      throw new VarveError('unsupported', `${what}; let Prometheus truncate it first`);
    }
    for (let row = 0; row < refs.length; row++) {
      const [minTimeMs, maxTimeMs] = [minTimes.at(row), maxTimes.at(row)];
      if (maxTimeMs < minTimeMs) continue; // Prometheus writes these for series that it missed
      const isEviction = minTimeMs === -Infinity && maxTimeMs === Infinity;
      if (isEviction) this.#evicted.add(refs.at(row));
      const until = isEviction ? at : this.#reachOf(at);
      this.#listOf(refs.at(row)).push({ minTimeMs, maxTimeMs, until, isEviction });
    }
  }

  /**
   * Lets a deletion hold for all references of its series: the cells of the columns are the
   * references of all series records, and which series each of them names.
   */
  share(refs: F64Column, series: U32Column): void {
    const bySeries = new Map<number, Deletion[]>();
    for (let i = 0; i < refs.length; i++) {
      const own = this.#byRef.get(refs.at(i));
      if (own === undefined) continue;
      const known = bySeries.get(series.at(i)) ?? [];
      bySeries.set(series.at(i), known);
      for (const deletion of own) if (!known.includes(deletion)) known.push(deletion);
    }
    for (let i = 0; i < refs.length; i++) {
      const shared = bySeries.get(series.at(i));
      if (shared !== undefined) this.#byRef.set(refs.at(i), shared);
    }
  }

  /** Was a sample of that time, logged there, deleted? */
  deletes(ref: number, at: LogPosition, timeMs: number): boolean {
    const deletions = this.#byRef.get(ref);
    if (deletions === undefined) return false;
    return deletions.some(
      ({ maxTimeMs, minTimeMs, until }) =>
        timeMs >= minTimeMs && timeMs <= maxTimeMs && comparePositions(at, until) < 0,
    );
  }

  /** The same for what is in no log: Prometheus's late samples and chunks of the head. */
  deletesBeside(ref: number, timeMs: number): boolean {
    const deletions = this.#byRef.get(ref);
    if (deletions === undefined) return false;
    return deletions.some(
      ({ isEviction, maxTimeMs, minTimeMs }) =>
        !isEviction && timeMs >= minTimeMs && timeMs <= maxTimeMs,
    );
  }

  /** Are the chunks with this very reference in a block that was made of single series? */
  isEvicted(ref: number): boolean {
    return this.#evicted.has(ref);
  }

  #listOf(ref: number): Deletion[] {
    const list = this.#byRef.get(ref) ?? [];
    this.#byRef.set(ref, list);
    return list;
  }

  #reachOf(at: LogPosition): LogPosition {
    if (at.segment < this.#firstOwnSegment) return { segment: this.#firstOwnSegment, offset: 0 };
    // In a checkpoint nobody knows what came first.
    return at.offset === Number.POSITIVE_INFINITY ? { segment: at.segment + 1, offset: 0 } : at;
  }
}

export interface FindDeletionsOptions {
  readonly disk: Disk;
  /** The `wal` directory. */
  readonly dir: string;
  readonly firstOwnSegment: number;
  readonly yieldNow: () => Promise<void>;
}

/**
 * Reads the log for records of deletions, and nothing else in it. Damage is told by the replay.
 * Throws what the disk throws, and `unsupported` for a log that holds too many.
 */
export async function findDeletions(options: FindDeletionsOptions): Promise<Deletions> {
  const { disk, dir, firstOwnSegment } = options;
  const deletions = new Deletions(firstOwnSegment);
  for (const file of findWalFiles(disk, dir).files) await readFile(file, options, deletions);
  return deletions;
}

async function readFile(
  { inCheckpoint, path, segment }: ScanFile,
  { disk, yieldNow }: FindDeletionsOptions,
  into: Deletions,
): Promise<void> {
  const columns = new TombstoneColumns();
  const opened = disk.openSync(path, 'read');
  try {
    const onDamage = (): void => undefined; // the replay tells it
    const reader = new RecordReader(opened, { recordBytesMax: RECORD_BYTES_MAX, onDamage });
    let yielded = 0;
    while (reader.next()) {
      if (reader.record.at(0) === RECORD_TOMBSTONES && decoded(reader.record, columns)) {
        into.add(columns, { segment, offset: inCheckpoint ? Infinity : reader.offset });
      }
      if (reader.end - yielded < SLICE_BYTES) continue;
      yielded = reader.end;
      await yieldNow();
    }
  } finally {
    opened.close();
  }
}

/** False for a malformed record, which the replay tells. */
function decoded(record: Uint8Array, into: TombstoneColumns): boolean {
  try {
    decodeTombstones(record, into);
    return true;
  } catch (thrown) {
    if (thrown instanceof OutOfBytes) return false;
    throw thrown;
  }
}
