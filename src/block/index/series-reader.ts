// Reads series entries: by reference, or all of them in order (docs/formats/index.md, Series).

import { ByteReader } from '../../base/bytes/byte-reader.ts';
import { crc32cOfRange } from '../../base/bytes/crc32c.ts';
import type { ByteSource } from '../byte-source.ts';
import { damagedBlock, readingOf, wrongChecksum } from '../damage.ts';
import { CRC_BYTES, SERIES_ALIGNMENT, SERIES_BYTES_MAX } from './format.ts';
import { decodeSeries, type SeriesEntry } from './series-entry.ts';

const LENGTH_BYTES_MAX = 10;

/** The series section of an index. */
export class SeriesReader {
  readonly #source: ByteSource;
  readonly #symbolCount: number;
  readonly #reader = new ByteReader();
  /** Of the length that `endOf` read last. */
  #lengthBytes = 0;
  /** Where the section begins and ends in the file. */
  readonly start: number;
  readonly end: number;

  constructor(source: ByteSource, section: { start: number; end: number }, symbolCount: number) {
    this.#source = source;
    this.start = section.start;
    this.end = section.end;
    this.#symbolCount = symbolCount;
  }

  /** The first place at or after `position` where a series can begin. */
  aligned(position: number): number {
    return Math.ceil(position / SERIES_ALIGNMENT) * SERIES_ALIGNMENT;
  }

  /** Where the entry at `offset` ends, checksum included; its content is not looked at. */
  endOf(offset: number): number {
    const left = this.end - offset;
    if (offset < this.start || left <= 0 || offset % SERIES_ALIGNMENT !== 0)
      throw damagedBlock(this.#source.name, offset, 'no series begins here');
    const reader = this.#reader;
    const available = Math.min(left, LENGTH_BYTES_MAX);
    const at = this.#source.load(offset, available);
    reader.reset(this.#source.loaded, at, at + available);
    const length = readingOf(this.#source.name, offset - at, () => reader.uvarint());
    this.#lengthBytes = reader.position - at;
    const whole = this.#lengthBytes + length + CRC_BYTES;
    if (length > SERIES_BYTES_MAX || whole > left)
      throw damagedBlock(this.#source.name, offset, `a series of ${length} bytes, ${left} left`);
    return offset + whole;
  }

  /** Fills `into` with the entry at `offset` and returns its end, or throws `damaged_block`. */
  readAt(offset: number, into: SeriesEntry): number {
    const end = this.endOf(offset);
    this.readFound(offset, end, into);
    return end;
  }

  /** The same, when `endOf` was just asked for this entry and said `end`. */
  readFound(offset: number, end: number, into: SeriesEntry): void {
    const at = this.#source.load(offset, end - offset);
    const bytes = this.#source.loaded;
    const bodyStart = at + this.#lengthBytes;
    const bodyEnd = at + (end - offset) - CRC_BYTES;
    const stored = this.#reader.reset(bytes, bodyEnd, bodyEnd + CRC_BYTES).u32be();
    if (stored !== crc32cOfRange(bytes, bodyStart, bodyEnd))
      throw wrongChecksum(this.#source.name, offset, 'the checksum of a series does not match');
    this.#reader.reset(bytes, bodyStart, bodyEnd);
    into.clear();
    into.ref = offset / SERIES_ALIGNMENT;
    readingOf(this.#source.name, offset - at, () =>
      decodeSeries(this.#reader, this.#symbolCount, into),
    );
  }
}
