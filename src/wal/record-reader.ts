// Puts the fragments of one segment together to records and takes the compression off them.
//
// Damage costs the record that it is in: bytes that no record can be made of are told to `onDamage`
// as one span from the end of the last good record to the beginning of the next. What stands behind
// the last good record of the file is not told but kept in `tail`, because only the caller knows
// whether a torn end is normal here (docs/formats/wal.md, "Reading what is damaged").
// Invariant: memory is one window of the file and at most two records of `recordBytesMax`.

import { ByteWriter } from '../base/bytes/byte-writer.ts';
import type { SyncFile } from '../base/runtime/disk.ts';
import { FRAGMENT_FIRST, FRAGMENT_FULL, FRAGMENT_LAST } from './format.ts';
import { decompressRecord } from './record-compression.ts';
import { SegmentReader } from './segment-reader.ts';

/** Bytes `[start, end)` of a segment that gave no record, and why. */
export interface UnreadableSpan {
  readonly start: number;
  readonly end: number;
  readonly reason: string;
}

export interface RecordReaderOptions {
  /** A record that is longer, stored or decompressed, is damage. */
  readonly recordBytesMax: number;
  /** Told of damage before the record behind it is handed out. */
  readonly onDamage: (span: UnreadableSpan) => void;
}

/** A cursor over the records of one segment. */
export class RecordReader {
  readonly #fragments: SegmentReader;
  readonly #options: RecordReaderOptions;
  readonly #parts = new ByteWriter(64 * 1024);
  /** A record whose first fragment was read and whose last was not: where it began. */
  #began = -1;
  #flags = 0;
  #bad: { start: number; end: number; reason: string } | undefined;

  /** The present record, decompressed, type byte first; valid until the next call. */
  record: Uint8Array = new Uint8Array(0);
  /** Where its first fragment's header begins in the segment. */
  offset = 0;
  /** Where its last fragment ends; 0 before the first record. */
  end = 0;

  constructor(file: SyncFile, options: RecordReaderOptions) {
    this.#options = options;
    this.#fragments = new SegmentReader(file, (start, end, reason) => {
      this.#giveUp(reason, start);
      this.#unreadable(start, end, reason);
    });
  }

  /** Steps to the next record; false at the end of the file. */
  next(): boolean {
    while (this.#fragments.next()) {
      const whole = this.#take();
      if (whole === undefined) continue;
      const start = this.#began < 0 ? this.#fragments.offset : this.#began;
      this.#began = -1;
      const record = this.#decompress(whole, start);
      if (record === undefined) continue;
      if (this.#bad !== undefined) {
        this.#options.onDamage(this.#bad);
        this.#bad = undefined;
      }
      this.record = record;
      this.offset = start;
      this.end = this.#fragments.end;
      return true;
    }
    this.#giveUp('the segment ends within a record', this.#fragments.end);
    return false;
  }

  /** After the end: what stands unreadable behind the last good record, if anything does. */
  get tail(): UnreadableSpan | undefined {
    return this.#bad;
  }

  /** The stored record when the present fragment completes one. */
  #take(): Uint8Array | undefined {
    const { bytes, end, flags, offset, payloadEnd, payloadStart, type } = this.#fragments;
    if (type === FRAGMENT_FULL || type === FRAGMENT_FIRST) {
      this.#giveUp('a record without an end', offset);
      this.#flags = flags;
      if (type === FRAGMENT_FULL) return bytes.subarray(payloadStart, payloadEnd);
      this.#began = offset;
      this.#parts.clear();
    } else if (this.#began < 0) {
      this.#unreadable(offset, end, 'a record without a beginning');
      return undefined;
    } else if (flags !== this.#flags) {
      this.#giveUp('fragments of one record disagree about its compression', end);
      return undefined;
    }
    if (this.#parts.length + payloadEnd - payloadStart > this.#options.recordBytesMax) {
      this.#giveUp(`a record of more than ${this.#options.recordBytesMax} bytes`, end);
      return undefined;
    }
    this.#parts.bytes(bytes, payloadStart, payloadEnd);
    return type === FRAGMENT_LAST ? this.#parts.view() : undefined;
  }

  #decompress(stored: Uint8Array, start: number): Uint8Array | undefined {
    const record = decompressRecord(stored, this.#flags, this.#options.recordBytesMax);
    if (typeof record !== 'string') return record;
    this.#unreadable(start, this.#fragments.end, record);
    return undefined;
  }

  /** The begun record, if there is one, will not become one. */
  #giveUp(reason: string, end: number): void {
    if (this.#began >= 0) this.#unreadable(this.#began, end, reason);
    this.#began = -1;
  }

  /** What follows unreadable bytes without a good record between belongs to them. */
  #unreadable(start: number, end: number, reason: string): void {
    if (this.#bad === undefined) this.#bad = { start, end, reason };
    else this.#bad.end = end;
  }
}
