// The postings offset table of an index that is read: which label pairs there are and where their
// lists lie (docs/formats/index.md). Kept in memory: where each entry stands, and the label names;
// values are read from the file when they are asked for.

import { U32Column } from '../../base/bytes/columns.ts';
import { type ByteSource, crcOfRange } from '../byte-source.ts';
import { damagedBlock } from '../damage.ts';
import { SourceCursor } from '../source-cursor.ts';
import { CRC_BYTES, POSTINGS_KEYS } from './format.ts';

/** An entry takes at least: key count, two empty strings, an offset. */
const ENTRY_BYTES_MIN = 4;

/** One entry as read; the bytes are valid until the next one is read. */
export interface PostingsTableEntry {
  name: Uint8Array;
  value: Uint8Array;
  /** Where the list lies in the file. */
  offset: number;
}

/** The entries of one label name: numbers [first, end). */
interface NameRange {
  readonly name: Uint8Array;
  readonly first: number;
  end: number;
}

/** The table's bounds: entries in [start, end), then the checksum. */
export interface TableBounds {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/** Reads length and count of the table at `offset`; `damaged_block` when they cannot be. */
export function readTableBounds(source: ByteSource, offset: number): TableBounds {
  const cursor = new SourceCursor(source, offset, source.sizeBytes);
  const length = cursor.u32be();
  const count = cursor.u32be();
  const end = offset + 4 + length;
  if (length < 4 || end + CRC_BYTES > source.sizeBytes)
    throw damagedBlock(source.name, offset, `a postings offset table of ${length} bytes`);
  if (count * ENTRY_BYTES_MIN > length - 4)
    throw damagedBlock(source.name, offset + 4, `${count} entries in ${length} bytes`);
  return { start: offset + 8, end, count };
}

/** Is the checksum of the table at `offset` right? */
export function tableCrcMatches(source: ByteSource, offset: number, bounds: TableBounds): boolean {
  const stored = new SourceCursor(source, bounds.end, bounds.end + CRC_BYTES).u32be();
  return stored === crcOfRange(source, offset + 4, bounds.end);
}

/** Reads the entry at the cursor. Names and values are copied: they are kept or compared. */
export function readTableEntry(cursor: SourceCursor, file: string): PostingsTableEntry {
  const at = cursor.position;
  const keys = cursor.uvarint();
  if (keys !== POSTINGS_KEYS) throw damagedBlock(file, at, `an entry of ${keys} keys`);
  const name = cursor.bytes(cursor.uvarint()).slice();
  const value = cursor.bytes(cursor.uvarint()).slice();
  return { name, value, offset: cursor.uvarint() };
}

/** Finds lists by label pair. */
export class PostingsTable {
  readonly #source: ByteSource;
  readonly #bounds: TableBounds;
  /** Where each entry begins, counted from the table's first. */
  readonly #starts: U32Column;
  readonly #names: NameRange[] = [];

  /** Reads the whole table once. Wrong checksum, order or form: `damaged_block`. */
  constructor(source: ByteSource, offset: number) {
    this.#source = source;
    this.#bounds = readTableBounds(source, offset);
    if (!tableCrcMatches(source, offset, this.#bounds)) {
      const what = 'the checksum of the postings offset table does not match';
      throw damagedBlock(source.name, offset, what);
    }
    const { start, end, count } = this.#bounds;
    this.#starts = new U32Column(Math.max(1, count));
    const cursor = new SourceCursor(source, start, end);
    for (let i = 0; i < count; i++) {
      this.#starts.push(cursor.position - start);
      this.#note(readTableEntry(cursor, source.name).name, i);
    }
  }

  /** The label names there are, in byte order; the empty one, of all series, is left out. */
  names(): readonly Uint8Array[] {
    return this.#names.map((range) => range.name).filter((name) => name.length > 0);
  }

  /** All entries of `name` in the order of their values. */
  *entries(name: Uint8Array): Generator<PostingsTableEntry> {
    const range = this.#range(name);
    if (range === undefined) return;
    const cursor = this.#cursorOver(range.first, range.end);
    for (let i = range.first; i < range.end; i++) yield readTableEntry(cursor, this.#source.name);
  }

  /** Where the list of this pair lies; undefined when no series has it. */
  find(name: Uint8Array, value: Uint8Array): number | undefined {
    const range = this.#range(name);
    if (range === undefined) return undefined;
    let low = range.first;
    let high = range.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = readTableEntry(this.#cursorOver(middle, middle + 1), this.#source.name);
      const order = Buffer.compare(entry.value, value);
      if (order === 0) return entry.offset;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  /** A cursor over the entries [first, end), so that no more than they take is read. */
  #cursorOver(first: number, end: number): SourceCursor {
    const { start, end: tableEnd, count } = this.#bounds;
    const stop = end < count ? start + this.#starts.at(end) : tableEnd;
    return new SourceCursor(this.#source, start + this.#starts.at(first), stop);
  }

  #range(name: Uint8Array): NameRange | undefined {
    return this.#names.find((range) => Buffer.compare(range.name, name) === 0);
  }

  #note(name: Uint8Array, entry: number): void {
    const last = this.#names.at(-1);
    if (last === undefined || Buffer.compare(last.name, name) !== 0)
      this.#names.push({ name, first: entry, end: entry + 1 });
    else last.end = entry + 1;
  }
}
