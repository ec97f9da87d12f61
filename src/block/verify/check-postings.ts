// The postings of an index against its series: every pair of label name and value has its list, at
// the place that the table says, with exactly the series that have the pair.

import { ByteReader } from '../../base/bytes/byte-reader.ts';
import { U32Column } from '../../base/bytes/columns.ts';
import type { ByteSource } from '../byte-source.ts';
import { CRC_BYTES, POSTINGS_ALIGNMENT } from '../index/format.ts';
import type { PostingsBuilder } from '../index/postings-builder.ts';
import {
  type PostingsTableEntry,
  readTableBounds,
  readTableEntry,
  tableCrcMatches,
} from '../index/postings-table.ts';
import { readPostings } from '../index/reader.ts';
import type { Symbols } from '../index/symbols.ts';
import { SourceCursor } from '../source-cursor.ts';
import { checkZeros } from './check-padding.ts';
import type { Findings } from './findings.ts';

/** Where the last list ended, when it could not be read. */
const UNKNOWN = -1;

/** What the postings are compared with, and where they lie. */
export interface PostingsPlace {
  /** The lists lie in [start, end) of the file; the table begins at `table`. */
  readonly start: number;
  readonly end: number;
  readonly table: number;
  /** From the series, sealed; undefined when they could not all be read. */
  readonly wanted: PostingsBuilder | undefined;
  readonly symbols: Symbols;
}

/** Checks table and lists. */
export class PostingsChecker {
  readonly #source: ByteSource;
  readonly #place: PostingsPlace;
  readonly #findings: Findings;
  readonly #refs = new U32Column(256);
  readonly #reader = new ByteReader();
  /** How many of the wanted lists have been met. */
  #met = 0;
  #listEnd: number;

  constructor(source: ByteSource, place: PostingsPlace, findings: Findings) {
    this.#source = source;
    this.#place = place;
    this.#findings = findings;
    this.#listEnd = place.start;
  }

  /** Returns where the table ends, checksum included; undefined when that cannot be told. */
  run(): number | undefined {
    const { table } = this.#place;
    const name = this.#source.name;
    const bounds = this.#findings.attempt(name, table, () => readTableBounds(this.#source, table));
    if (bounds === undefined) return undefined;
    if (!tableCrcMatches(this.#source, table, bounds))
      this.#findings.error(name, table, 'the checksum of the postings offset table does not match');
    this.#findings.attempt(name, table, () => {
      const cursor = new SourceCursor(this.#source, bounds.start, bounds.end);
      let last: PostingsTableEntry | undefined;
      for (let i = 0; i < bounds.count; i++) {
        const at = cursor.position;
        const entry = readTableEntry(cursor, name);
        if (last !== undefined && compareEntries(last, entry) >= 0)
          this.#findings.error(name, at, 'the postings offset table is not in order');
        this.#checkEntry(entry, at);
        last = entry;
      }
      if (cursor.remaining > 0)
        this.#findings.error(name, cursor.position, 'bytes are left over in the table');
    });
    this.#checkRest();
    return bounds.end + CRC_BYTES;
  }

  #checkEntry(entry: PostingsTableEntry, at: number): void {
    const { start, end, wanted } = this.#place;
    const name = this.#source.name;
    if (entry.offset < start || entry.offset >= end) {
      this.#findings.error(name, at, `a list at ${entry.offset}, outside of the postings`);
      return;
    }
    this.#checkGap(entry, at);
    this.#refs.clear();
    const isRead = this.#findings.attempt(name, entry.offset, () => {
      readPostings(this.#source, entry.offset, this.#refs, this.#reader);
      return true;
    });
    const bytes = 8 + 4 * this.#refs.length + CRC_BYTES;
    this.#listEnd = isRead === true ? entry.offset + bytes : UNKNOWN;
    if (wanted !== undefined) this.#compare(entry, wanted, isRead === true);
  }

  /** Lists stand one after the other, at the next multiple of four. */
  #checkGap(entry: PostingsTableEntry, at: number): void {
    if (this.#listEnd === UNKNOWN) return;
    const begin = Math.ceil(this.#listEnd / POSTINGS_ALIGNMENT) * POSTINGS_ALIGNMENT;
    if (entry.offset === begin) {
      checkZeros(this.#source, this.#listEnd, entry.offset, this.#findings);
      return;
    }
    const what = `a list at ${entry.offset}, the last ended at ${begin}`;
    this.#findings.warning(this.#source.name, at, what);
  }

  /** Steps through the wanted lists up to the entry's, and compares the one that was read. */
  #compare(entry: PostingsTableEntry, wanted: PostingsBuilder, isRead: boolean): void {
    if (entry.name.length === 0 && entry.value.length === 0) {
      const isSame = this.#isSame(0, wanted.seriesCount, (at) => wanted.seriesRef(at));
      if (isRead && !isSame)
        this.#differs(entry, 'the list of all series is not that of the series');
      return;
    }
    while (this.#met < wanted.listCount) {
      const order = this.#compareToWanted(entry, wanted);
      if (order < 0) break;
      const place = this.#met++;
      if (order > 0) {
        this.#differs(entry, 'a label pair before this one has no list');
        continue;
      }
      const start = wanted.listStart(place);
      if (isRead && !this.#isSame(start, wanted.listEnd(place), (at) => wanted.refAt(at)))
        this.#differs(entry, 'a list that is not that of the series with its label pair');
      return;
    }
    this.#differs(entry, 'a list for a label pair that no series has');
  }

  #checkRest(): void {
    const { end, table, wanted } = this.#place;
    if (wanted !== undefined && this.#met < wanted.listCount) {
      const what = `${wanted.listCount - this.#met} label pairs have no list`;
      this.#findings.error(this.#source.name, table, what);
    }
    if (this.#listEnd !== UNKNOWN && this.#listEnd < end)
      checkZeros(this.#source, this.#listEnd, end, this.#findings);
  }

  #compareToWanted(entry: PostingsTableEntry, wanted: PostingsBuilder): number {
    const symbols = this.#place.symbols;
    return (
      Buffer.compare(entry.name, symbols.bytes(wanted.listName(this.#met))) ||
      Buffer.compare(entry.value, symbols.bytes(wanted.listValue(this.#met)))
    );
  }

  #isSame(start: number, end: number, refAt: (position: number) => number): boolean {
    if (this.#refs.length !== end - start) return false;
    for (let i = 0; i < this.#refs.length; i++)
      if (this.#refs.at(i) !== refAt(start + i)) return false;
    return true;
  }

  #differs(entry: PostingsTableEntry, what: string): void {
    this.#findings.error(this.#source.name, entry.offset, what);
  }
}

function compareEntries(a: PostingsTableEntry, b: PostingsTableEntry): number {
  return Buffer.compare(a.name, b.name) || Buffer.compare(a.value, b.value);
}
