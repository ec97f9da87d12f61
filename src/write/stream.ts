// What admission and ingest need of a stream: a head that decides and a log that keeps.
//
// Declared here, supplied by engine-thread.ts. The head's contract is src/head/head.ts, the log's
// src/wal/log.ts; this is the part of them that writing touches.

import type { U32Column } from '../base/bytes/columns.ts';
import type { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { PendingBatch } from '../head/pending.ts';
import type { Verdict } from '../head/verdict.ts';
import type { Log } from '../wal/log.ts';

/** The head as writing sees it. Slots and label ids belong to this head's engine. */
export interface WriteHead {
  /** The series with these canonical labels (name id, value id, …), or NO_SERIES. */
  findSeries(ids: Uint32Array, count: number): number;
  /** Makes it, pending; NO_SERIES over the limit of series. */
  createSeries(ids: Uint32Array, count: number): number;
  /** The series' number in the log: above 0, never used again. */
  walRef(slot: number): number;
  /** Whether `slot` still holds the series with that reference. */
  isLive(slot: number, walRef: number): boolean;
  labelIds(slot: number, into: U32Column): void;
  admitFloat(slot: number, timeMs: number, low: number, high: number): Verdict;
  admitHistogram(slot: number, timeMs: number, value: HistogramValue): Verdict;
  admitExemplar(
    slot: number,
    timeMs: number,
    low: number,
    high: number,
    labels: Uint32Array,
    count: number,
  ): Verdict;
  /** Metadata of the series' metric; true when it is new or has changed. */
  admitMetadata(slot: number, type: number, unit: number, help: number): boolean;
  /** Some series with this metric name (a symbol id), or NO_SERIES. */
  slotOfMetric(name: number): number;
  takeBatch(): PendingBatch;
  publish(batch: PendingBatch): void;
  takeBackAll(): void;
}

/** A label that is lifted out of the series: it belongs to the stream. */
export interface LiftedLabel {
  readonly name: string;
  /** Empty when the series of this stream do not have the label. */
  readonly value: string;
}

/** What a factory makes and replay finds. */
export interface StreamParts {
  readonly head: WriteHead;
  readonly log: Pick<Log, 'append' | 'sync' | 'withdraw'>;
}

/** A stream: the unit that has a directory, a head and blocks of its own. */
export interface Stream extends StreamParts {
  /** Counts up from 0 in an engine; never used again. */
  readonly number: number;
  readonly tenant: string;
  /** In the order of `--receive.block-label`; empty without such labels. */
  readonly lifted: readonly LiftedLabel[];
}

/** Makes streams; engine-thread.ts supplies it. */
export interface StreamFactory {
  /**
   * Makes directory, log and head of a new stream. Rejects with a VarveError of kind `not_now` when
   * the disk will not have it; it may be asked again.
   */
  open(tenant: string, lifted: readonly LiftedLabel[]): Promise<StreamParts>;
}
