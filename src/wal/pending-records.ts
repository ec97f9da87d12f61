// Records that were appended and are not yet on the disk, framed and placed: which bytes go to
// which offset of which segment. What a group commit takes away and writes.
//
// Invariant: runs are in the order of appending; each run lies within one segment, and the first
// run of a segment that follows another in here begins at 0. `bytes` and `records` count all runs.

import { ByteWriter } from '../base/bytes/byte-writer.ts';
import { SEGMENT_BYTES_MAX } from './format.ts';
import type { LogPosition } from './log.ts';
import { SegmentWriter } from './segment-writer.ts';

/** Bytes that are to stand in one segment, side by side. */
export interface PendingRun {
  readonly segment: number;
  /** Where in the segment they begin. */
  readonly offset: number;
  readonly writer: ByteWriter;
  /** The segment ends with them. */
  endsSegment: boolean;
}

/** What a commit takes: everything appended so far. */
export interface PendingBatch {
  readonly runs: readonly PendingRun[];
  readonly records: number;
  readonly bytes: number;
  /** Behind the last record of the batch. */
  readonly end: LogPosition;
  /** Pages that the batch fills to their end. */
  readonly completedPages: number;
}

// A buffer that held a burst is not kept at that size.
const KEPT_BUFFER_BYTES_MAX = 4 * 1024 * 1024;
const KEPT_BUFFERS_MAX = 2;

/** The growing end of a log. */
export class PendingRecords {
  #segment: number;
  #writer = new SegmentWriter();
  #runs: PendingRun[] = [];
  #records = 0;
  #bytes = 0;
  #pages = 0;
  readonly #spare: ByteWriter[] = [];
  readonly #segmentBytesMax: number;

  /** @param segment the segment that the first record goes to */
  constructor(segment: number, segmentBytesMax = SEGMENT_BYTES_MAX) {
    this.#segment = segment;
    this.#segmentBytesMax = segmentBytesMax;
  }

  /** Bytes in here, frames and padding included. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  /** The segment that the first record in here goes to. */
  get firstSegment(): number | undefined {
    return this.#runs.at(0)?.segment;
  }

  /** Behind the last record. */
  get end(): LogPosition {
    return { segment: this.#segment, offset: this.#writer.offset };
  }

  /** Adds a record as it is to be stored; `flags` as SegmentWriter has them. */
  append(stored: Uint8Array, flags: number): void {
    if (!this.#writer.fits(stored.length, this.#segmentBytesMax)) this.endSegment();
    const run = this.#run();
    const before = run.writer.length;
    const pagesBefore = this.#writer.completedPages;
    this.#writer.append(stored, flags, run.writer);
    this.#bytes += run.writer.length - before;
    this.#pages += this.#writer.completedPages - pagesBefore;
    this.#records++;
  }

  /** The next record begins a segment; harmless when it does anyway. */
  endSegment(): void {
    if (this.#writer.offset === 0) return;
    const run = this.#run();
    const before = run.writer.length;
    const pagesBefore = this.#writer.completedPages;
    this.#writer.endPage(run.writer);
    this.#bytes += run.writer.length - before;
    this.#pages += this.#writer.completedPages - pagesBefore;
    run.endsSegment = true;
    this.#segment++;
    this.#writer = new SegmentWriter();
  }

  /** Takes everything out. The buffers come back by `reuse`. */
  take(): PendingBatch {
    const batch: PendingBatch = {
      runs: this.#runs,
      records: this.#records,
      bytes: this.#bytes,
      end: this.end,
      completedPages: this.#pages,
    };
    this.#runs = [];
    this.#records = 0;
    this.#bytes = 0;
    this.#pages = 0;
    return batch;
  }

  /** Keeps the buffers of a batch that nobody reads any more. */
  reuse(batch: PendingBatch): void {
    for (const { writer } of batch.runs) {
      if (this.#spare.length >= KEPT_BUFFERS_MAX || writer.length > KEPT_BUFFER_BYTES_MAX) continue;
      writer.clear();
      this.#spare.push(writer);
    }
  }

  /** Drops everything; the next record begins segment `segment`. Returns how many were dropped. */
  restartAt(segment: number): number {
    const { records } = this.take();
    this.#segment = segment;
    this.#writer = new SegmentWriter();
    return records;
  }

  #run(): PendingRun {
    const last = this.#runs.at(-1);
    if (last !== undefined && !last.endsSegment) return last;
    const run: PendingRun = {
      segment: this.#segment,
      offset: this.#writer.offset,
      writer: this.#spare.pop() ?? new ByteWriter(64 * 1024),
      endsSegment: false,
    };
    this.#runs.push(run);
    return run;
  }
}
