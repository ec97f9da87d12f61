// Reads segment files in order, record by record, into a sink; what replay and checkpoint share.
//
// Damage costs the record that it is in: the bytes are copied to quarantine, told, and reading goes
// on. Nothing is changed or deleted. Memory: what a RecordReader holds, whatever the log's size.

import type { Disk, SyncFile } from '../base/runtime/disk.ts';
import { RECORD_BYTES_MAX } from './format.ts';
import type { LogPosition } from './log.ts';
import { quarantine } from './quarantine.ts';
import { RecordDecoder, type RecordSink, type TimeRange } from './record-decoder.ts';
import { RecordReader, type UnreadableSpan } from './record-reader.ts';

/** A segment file to be read. */
export interface ScanFile {
  readonly path: string;
  /** Its number; of a file in a checkpoint, the checkpoint's. */
  readonly segment: number;
  readonly inCheckpoint: boolean;
  /** Names it in quarantine. */
  readonly label: string;
}

/** Bytes of the log that gave no record. */
export interface WalDamage {
  readonly path: string;
  readonly segment: number;
  readonly offset: number;
  readonly lengthBytes: number;
  readonly reason: string;
  /** The times of the samples before and behind: what was lost is most likely of this range. */
  readonly lostTimes: TimeRange | undefined;
  /** The copy; undefined when none was wanted, or none could be made. */
  readonly quarantined: string | undefined;
}

export interface ScanOptions {
  readonly disk: Disk;
  readonly sink: RecordSink;
  /** Where unreadable bytes are copied to; without it they are only told. */
  readonly quarantineDir?: string | undefined;
  readonly recordBytesMax?: number | undefined;
  readonly onDamage: (damage: WalDamage) => void;
  /** Called now and then: which file, how far. */
  readonly onProgress?: ((file: ScanFile, offset: number) => void) | undefined;
  /** Lets others run; called every few megabytes. */
  readonly yieldNow?: (() => Promise<void>) | undefined;
}

/** How much is read between two calls of `yieldNow`: a few milliseconds' worth. */
const SLICE_BYTES = 1024 * 1024;

/** Reads files into a sink; one is used for one pass over a log. */
export class WalScan {
  readonly #options: ScanOptions;
  readonly decoder = new RecordDecoder();
  /** Damage that waits for the times of the samples behind it. */
  readonly #open: (Omit<WalDamage, 'lostTimes'> & { readonly before: TimeRange | undefined })[] =
    [];
  /** Where the last record ended. */
  end: LogPosition = { segment: -1, offset: 0 };

  constructor(options: ScanOptions) {
    this.#options = options;
  }

  /**
   * Reads one file to its end. Returns what is unreadable behind its last record, not yet told.
   * Throws what the disk throws.
   */
  async read(file: ScanFile): Promise<WalDamage | undefined> {
    const opened = this.#options.disk.openSync(file.path, 'read');
    try {
      const reader = new RecordReader(opened, {
        recordBytesMax: this.#options.recordBytesMax ?? RECORD_BYTES_MAX,
        onDamage: (span) => this.#damaged(file, opened, span),
      });
      await this.#readAll(file, opened, reader);
      const { tail } = reader;
      return tail === undefined ? undefined : this.#damage(file, opened, tail);
    } finally {
      opened.close();
    }
  }

  /** Tells damage that `read` returned, or that was found without reading. */
  tell(damage: WalDamage): void {
    this.#open.push({ ...damage, before: this.decoder.lastTimes() });
  }

  /** Tells what still waits for samples behind it; call at the end of the last file. */
  finish(): void {
    this.#flush(undefined);
  }

  async #readAll(file: ScanFile, opened: SyncFile, reader: RecordReader): Promise<void> {
    let yielded = 0;
    while (reader.next()) {
      const { offset, end, record } = reader;
      const at = file.inCheckpoint
        ? { segment: file.segment, offset: Number.POSITIVE_INFINITY }
        : { segment: file.segment, offset };
      const decoded = this.decoder.decode(record, at, this.#options.sink);
      const isWhole = decoded.outcome === 'decoded' || decoded.outcome === 'skipped';
      if (!isWhole) this.#damaged(file, opened, { start: offset, end, reason: decoded.reason });
      else if (this.#open.length > 0) this.#samplesBehind(record);
      if (!file.inCheckpoint) this.end = { segment: file.segment, offset: end };
      if (end - yielded < SLICE_BYTES) continue;
      yielded = end;
      this.#options.onProgress?.(file, end);
      await this.#options.yieldNow?.();
    }
  }

  #damaged(file: ScanFile, opened: SyncFile, span: UnreadableSpan): void {
    this.tell(this.#damage(file, opened, span));
  }

  #damage(file: ScanFile, opened: SyncFile, span: UnreadableSpan): WalDamage {
    const { disk, quarantineDir } = this.#options;
    const { start, end, reason } = span;
    const bytes = { file: opened, label: file.label, start, end };
    return {
      path: file.path,
      segment: file.segment,
      offset: start,
      lengthBytes: end - start,
      reason,
      lostTimes: undefined,
      quarantined:
        quarantineDir === undefined ? undefined : quarantine({ disk, dir: quarantineDir }, bytes),
    };
  }

  #samplesBehind(record: Uint8Array): void {
    if (this.decoder.isOfSamples(record)) this.#flush(this.decoder.lastTimes());
  }

  #flush(after: TimeRange | undefined): void {
    for (const { before, ...damage } of this.#open.splice(0)) {
      this.#options.onDamage({ ...damage, lostTimes: between(before, after) });
    }
  }
}

function between(
  before: TimeRange | undefined,
  after: TimeRange | undefined,
): TimeRange | undefined {
  if (before === undefined || after === undefined) return before ?? after;
  return {
    minTimeMs: Math.min(before.minTimeMs, after.minTimeMs),
    maxTimeMs: Math.max(before.maxTimeMs, after.maxTimeMs),
  };
}
