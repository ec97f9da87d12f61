// The log on a local disk: Prometheus's segments with group commit. docs/formats/wal.md.
//
// Appending frames a record in memory. A sync takes everything appended, writes it at its place,
// fdatasyncs, and answers all who waited; who asks meanwhile shares the next sync.
// Invariants: at most one commit is under way; a caller is answered only after the fdatasync of all
// it had appended; after a failure everything unacknowledged is dropped at one moment, before
// anyone is told, and the file is never written or synced again.

import { assert } from '../base/errors/assert.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import type { Clock } from '../base/runtime/clock.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { listWal } from './directory.ts';
import { RECORD_BYTES_MAX, SEGMENT_BYTES_MAX, SNAPPY_BIT } from './format.ts';
import type { Log, LogLoss, LogPosition } from './log.ts';
import { type PendingBatch, PendingRecords } from './pending-records.ts';
import { compressRecord, type RecordCompression } from './record-compression.ts';
import { type Sealed, SegmentFiles } from './segment-files.ts';

/** Told what the log does, for metrics and the operator's log. */
export interface WalObserver {
  /** A group commit succeeded; `durationMs` is that of its writes and fdatasyncs. */
  synced(facts: {
    readonly durationMs: number;
    readonly bytes: number;
    readonly records: number;
    readonly completedPages: number;
  }): void;
  /** A write, sync, close or the cutting back of a sealed file failed. */
  failed(error: unknown): void;
}

export interface WalLogOptions {
  readonly disk: Disk;
  /** The `wal` directory; made with the first record. */
  readonly dir: string;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** 'none' by default. */
  readonly compression?: RecordCompression;
  /** Bytes that may wait to be synced; 256 MiB by default. */
  readonly pendingBytesMax?: number;
  /** A multiple of the page size; Prometheus's 128 MiB by default. */
  readonly segmentBytesMax?: number;
  /** The least number of a segment that is begun; 0 by default. */
  readonly firstSegment?: number;
  readonly observer?: WalObserver;
  /**
   * Called once per failure, when the lost records are out of the log and before anyone waiting is
   * rejected: the moment for taking back what was decided upon them. Must not throw.
   */
  readonly onLoss?: (loss: LogLoss) => void;
}

const PENDING_BYTES_MAX = 256 * 1024 * 1024;

interface Waiting {
  readonly promise: Promise<LogPosition>;
  resolve(position: LogPosition): void;
  reject(error: Error): void;
}

/** See the head of the file. Opening it reads the directory's names only; replay comes before. */
export class WalLog implements Log {
  readonly #options: WalLogOptions;
  readonly #files: SegmentFiles;
  readonly #pending: PendingRecords;
  #synced: LogPosition;
  #running: Waiting | undefined;
  #next: Waiting | undefined;
  /** Work on files that are no longer written: closing, cutting back. Never rejects. */
  #tidying: Promise<void> = Promise.resolve();
  #generation = 0;
  #closed = false;

  constructor(options: WalLogOptions) {
    const { lastNumber } = listWal(options.disk, options.dir);
    const first = Math.max(lastNumber + 1, options.firstSegment ?? 0);
    this.#options = options;
    this.#files = new SegmentFiles(options.disk, options.dir);
    this.#pending = new PendingRecords(first, options.segmentBytesMax ?? SEGMENT_BYTES_MAX);
    this.#synced = { segment: first, offset: 0 };
  }

  get pendingBytes(): number {
    return this.#pending.bytes;
  }

  get generation(): number {
    return this.#generation;
  }

  append(record: Uint8Array): void {
    if (this.#closed) throw this.#error('draining', 'is closed');
    const room = (this.#options.pendingBytesMax ?? PENDING_BYTES_MAX) - this.#pending.bytes;
    if (record.length > room && !this.#pending.isEmpty) {
      throw this.#error('overloaded', 'has too much waiting to be synced');
    }
    if (record.length > RECORD_BYTES_MAX) {
      throw this.#error('internal', `was given a record of ${record.length} bytes`);
    }
    const compressed = this.#options.compression === 'snappy' ? compressRecord(record) : undefined;
    if (compressed === undefined) this.#pending.append(record, 0);
    else this.#pending.append(compressed, SNAPPY_BIT);
  }

  withdraw(): void {
    assert(this.#running === undefined, 'records are withdrawn between commits');
    const first = this.#pending.firstSegment;
    if (first === undefined) return;
    // Their places were given away already: the log goes on in a new segment.
    const { next, work } = this.#files.seal(first);
    this.#pending.restartAt(next);
    this.#tidy(work().then(errorsOf));
  }

  sync(): Promise<LogPosition> {
    if (this.#closed) return Promise.reject(this.#error('draining', 'is closed'));
    return this.#sync();
  }

  position(): LogPosition {
    return this.#pending.end;
  }

  syncedPosition(): LogPosition {
    return this.#synced;
  }

  nextSegment(): number {
    this.#pending.endSegment();
    return this.#pending.end.segment;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // Those who wait for the running commit hear of its failure themselves.
    await this.#running?.promise.catch(() => undefined);
    this.#pending.endSegment();
    await this.#sync();
    await this.#tidying;
  }

  #sync(): Promise<LogPosition> {
    if (this.#pending.isEmpty) return this.#running?.promise ?? Promise.resolve(this.#synced);
    if (this.#running !== undefined) {
      this.#next ??= makeWaiting();
      return this.#next.promise;
    }
    const waiting = makeWaiting();
    void this.#commit(waiting);
    return waiting.promise;
  }

  async #commit(waiting: Waiting): Promise<void> {
    this.#running = waiting;
    const batch = this.#pending.take();
    let failure: { readonly thrown: unknown } | undefined;
    let durationMs = 0;
    try {
      await this.#tidying;
      const startMs = this.#options.clock.monotonicMs();
      await this.#files.commit(batch);
      durationMs = this.#options.clock.monotonicMs() - startMs;
    } catch (thrown) {
      failure = { thrown };
    }
    this.#running = undefined;
    if (failure !== undefined) {
      this.#fail(batch, waiting, failure.thrown);
      return;
    }
    const { bytes, completedPages, records } = batch;
    this.#succeed(batch, waiting);
    this.#options.observer?.synced({ durationMs, bytes, completedPages, records });
  }

  #succeed(batch: PendingBatch, waiting: Waiting): void {
    this.#tidy(this.#files.acknowledge());
    this.#synced = batch.end;
    this.#pending.reuse(batch);
    waiting.resolve(batch.end);
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) void this.#commit(next);
  }

  #fail(batch: PendingBatch, waiting: Waiting, thrown: unknown): void {
    const error = this.#failure(thrown);
    const { next, work } = this.#files.seal(batch.runs.at(0)?.segment ?? batch.end.segment);
    const dropped = this.#pending.restartAt(next);
    const alsoWaiting = this.#next;
    this.#next = undefined;
    this.#generation++;
    this.#options.observer?.failed(error);
    const recordCount = batch.records + dropped;
    this.#options.onLoss?.({ error, from: this.#synced, recordCount });
    this.#tidy(work().then(errorsOf));
    // Told when the file is cut back: what was refused is then gone, as far as the disk obeys.
    void this.#tidying.then(() => {
      waiting.reject(error);
      alsoWaiting?.reject(error);
    });
  }

  /** Lets work on old files run beside; the next commit waits for it, and errors are told. */
  #tidy(work: Promise<unknown[]>): void {
    const before = this.#tidying;
    this.#tidying = (async () => {
      await before;
      for (const error of await work) this.#options.observer?.failed(error);
    })();
  }

  #failure(thrown: unknown): VarveError {
    const code =
      thrown instanceof VarveError && thrown.code === 'disk_full' ? 'disk_full' : 'sync_failed';
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return this.#error(code, `could not be synced: ${why}`, thrown);
  }

  #error(
    code: 'disk_full' | 'draining' | 'internal' | 'overloaded' | 'sync_failed',
    what: string,
    cause?: unknown,
  ): VarveError {
    return new VarveError(code, `the write-ahead log ${this.#options.dir} ${what}`, { cause });
  }
}

function makeWaiting(): Waiting {
  let resolve: (position: LogPosition) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<LogPosition>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function errorsOf(sealed: readonly Sealed[]): unknown[] {
  return sealed.flatMap(({ error }) => (error === undefined ? [] : [error]));
}
