// Reads one of Prometheus's chunk files of the head, chunk by chunk, each with its checksum.
// Follows docs/formats/head-chunks.md.
//
// Damage costs the chunk that it is in: reading goes on behind it when a good chunk, or the end of
// what was written, stands where its length says; else the rest of the file is told as unreadable.
// Invariant: memory is one window, or one chunk if that is longer.

import { ByteReader, OutOfBytes } from '../../base/bytes/byte-reader.ts';
import { crc32cOfRange } from '../../base/bytes/crc32c.ts';
import type { SyncFile } from '../../base/runtime/disk.ts';
import {
  CHUNK_BYTES_MIN,
  CHUNK_HEADER_BYTES,
  CHUNK_TIMES_BYTES,
  CRC_BYTES,
  DATA_BYTES_MAX,
  FILE_HEADER_BYTES,
  HEAD_CHUNKS_MAGIC,
  HEAD_CHUNKS_VERSION,
  LATE_BIT,
  LENGTH_BYTES_MAX,
} from './format.ts';

/** How much is read at once. */
const WINDOW_BYTES = 512 * 1024;

/** Told of bytes `[start, end)` that gave no chunk, and why. */
export type OnUnreadable = (start: number, end: number, reason: string) => void;

/** A chunk of the head, as stored; `data` is valid until the next one is read. */
export interface HeadChunk {
  /** The series' WAL reference. */
  readonly ref: number;
  /** Times of its first and last sample. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** Without the bit for late samples. */
  readonly encoding: number;
  /** Its samples came late: it may overlap others of its series. */
  readonly isLate: boolean;
  readonly data: Uint8Array;
}

/** What stands at an offset. */
type Found =
  | { readonly what: 'chunk'; readonly end: number }
  /** Nothing was written from here on. */
  | { readonly what: 'end' }
  /** `next`: where the chunk would end, when its length can be believed. */
  | { readonly what: 'damage'; readonly reason: string; readonly next: number | undefined };

/** A cursor over the chunks of one file. */
export class HeadChunkReader {
  readonly #file: SyncFile;
  readonly #onUnreadable: OnUnreadable;
  readonly #sizeBytes: number;
  readonly #reader = new ByteReader();
  #window = new Uint8Array(WINDOW_BYTES);
  #windowOffset = 0;
  #windowLength = 0;
  #at = FILE_HEADER_BYTES;

  /** The present chunk. */
  chunk: HeadChunk | undefined;

  constructor(file: SyncFile, onUnreadable: OnUnreadable) {
    this.#file = file;
    this.#onUnreadable = onUnreadable;
    this.#sizeBytes = file.sizeBytes();
    const fault = this.#headerFault();
    if (fault === undefined) return;
    this.#at = this.#sizeBytes;
    if (fault !== 'empty') onUnreadable(0, this.#sizeBytes, fault);
  }

  /** Steps to the next chunk whose checksum holds; false at the end of the file. */
  next(): boolean {
    while (this.#at < this.#sizeBytes) {
      const start = this.#at;
      const found = this.#look(start);
      if (found.what === 'chunk') {
        this.#at = found.end;
        return true;
      }
      this.#at = found.what === 'end' ? this.#sizeBytes : this.#behind(found.next);
      if (found.what === 'damage') this.#onUnreadable(start, this.#at, found.reason);
    }
    return false;
  }

  /** Where to go on: at `next` if that is in order, else nowhere. */
  #behind(next: number | undefined): number {
    if (next === undefined || this.#look(next).what === 'damage') return this.#sizeBytes;
    return next;
  }

  #look(offset: number): Found {
    const left = this.#sizeBytes - offset;
    if (left <= 0) return { what: 'end' };
    const at = this.#load(offset, Math.min(left, CHUNK_HEADER_BYTES + LENGTH_BYTES_MAX));
    if (this.#isZero(at, Math.min(left, CHUNK_TIMES_BYTES))) {
      if (this.#isZeroFrom(offset)) return { what: 'end' };
      return damage('zeros where a chunk should be, and something behind them');
    }
    if (left < CHUNK_BYTES_MIN) return damage('the file ends within a chunk');
    const reader = this.#reader.reset(this.#window, at, Math.min(at + left, this.#windowLength));
    reader.take(CHUNK_HEADER_BYTES);
    const length = lengthOf(reader);
    if (length === undefined || length > DATA_BYTES_MAX) return damage('a chunk without a length');
    const dataStart = reader.position - at;
    const whole = dataStart + length + CRC_BYTES;
    if (whole > left) return damage(`a chunk of ${length} bytes, with ${left} left`);
    return this.#take(offset, dataStart, whole);
  }

  #take(offset: number, dataStart: number, whole: number): Found {
    const end = offset + whole;
    const at = this.#load(offset, whole);
    const reader = this.#reader.reset(this.#window, at, at + whole);
    const ref = reader.i64be();
    const minTimeMs = reader.i64be();
    const maxTimeMs = reader.i64be();
    const encoding = reader.u8();
    const crcAt = at + whole - CRC_BYTES;
    const crc = reader.reset(this.#window, crcAt, crcAt + CRC_BYTES).u32be();
    if (crc !== crc32cOfRange(this.#window, at, crcAt))
      return damage('the checksum does not match', end);
    if (!(Number.isSafeInteger(ref) && ref > 0)) return damage('a reference beyond 2^53', end);
    if (!(Number.isSafeInteger(minTimeMs) && Number.isSafeInteger(maxTimeMs)))
      return damage('times beyond 2^53', end);
    this.chunk = {
      ref,
      minTimeMs,
      maxTimeMs,
      encoding: encoding & ~LATE_BIT,
      isLate: (encoding & LATE_BIT) !== 0,
      data: this.#window.subarray(at + dataStart, crcAt),
    };
    return { what: 'chunk', end };
  }

  /** `empty` for what a crash leaves of a file that nothing was written to yet. */
  #headerFault(): string | undefined {
    const length = Math.min(this.#sizeBytes, FILE_HEADER_BYTES);
    if (length === 0) return 'empty';
    const at = this.#load(0, length);
    if (this.#isZero(at, length) && this.#isZeroFrom(0)) return 'empty';
    if (length < FILE_HEADER_BYTES) return 'the file ends within its header';
    const reader = this.#reader.reset(this.#window, at, at + length);
    const magic = reader.u32be();
    if (magic !== HEAD_CHUNKS_MAGIC) return `the magic number is ${magic.toString(16)}`;
    const version = reader.u8();
    return version === HEAD_CHUNKS_VERSION ? undefined : `version ${version} is not known`;
  }

  /** Makes `[offset, offset + length)` of the file part of the window; where it begins there. */
  #load(offset: number, length: number): number {
    const at = offset - this.#windowOffset;
    if (at >= 0 && at + length <= this.#windowLength) return at;
    if (length > this.#window.length) this.#window = new Uint8Array(length);
    this.#windowOffset = offset;
    this.#windowLength = this.#file.read(this.#window, offset);
    return 0;
  }

  #isZero(at: number, length: number): boolean {
    return this.#window.subarray(at, at + length).every((byte) => byte === 0);
  }

  /** Files are made longer than what is in them; the rest is zeros. */
  #isZeroFrom(offset: number): boolean {
    for (let from = offset; from < this.#sizeBytes; from += WINDOW_BYTES) {
      const length = Math.min(WINDOW_BYTES, this.#sizeBytes - from);
      if (!this.#isZero(this.#load(from, length), length)) return false;
    }
    return true;
  }
}

function damage(reason: string, next?: number): Found {
  return { what: 'damage', reason, next };
}

function lengthOf(reader: ByteReader): number | undefined {
  try {
    return reader.uvarint();
  } catch (thrown) {
    if (thrown instanceof OutOfBytes) return undefined;
    throw thrown;
  }
}
