// Reads an index file (docs/formats/index.md): header, table of contents, symbols and the postings
// offset table are checked when it is opened; series and postings lists when they are read.
// Whatever is not as the format demands is `damaged_block` with file and offset.

import { ByteReader } from '../../base/bytes/byte-reader.ts';
import { U32Column } from '../../base/bytes/columns.ts';
import { crc32cOfRange } from '../../base/bytes/crc32c.ts';
import type { ByteSource } from '../byte-source.ts';
import { damagedBlock } from '../damage.ts';
import {
  CRC_BYTES,
  INDEX_HEADER_BYTES,
  INDEX_MAGIC,
  INDEX_VERSIONS_READ,
  readToc,
  TOC_BYTES,
  type Toc,
} from './format.ts';
import { PostingsTable } from './postings-table.ts';
import { SeriesEntry } from './series-entry.ts';
import { SeriesReader } from './series-reader.ts';
import { readSymbols, type Symbols } from './symbols.ts';

const NO_BYTES = new Uint8Array(0);

/** Magic and version; `damaged_block` for what is no index, or one of a version not known here. */
export function checkIndexHeader(source: ByteSource): void {
  const reader = new ByteReader().reset(source.read(0, INDEX_HEADER_BYTES));
  const magic = reader.u32be();
  if (magic !== INDEX_MAGIC)
    throw damagedBlock(source.name, 0, `the magic number is ${magic.toString(16)}`);
  const version = reader.u8();
  if (!INDEX_VERSIONS_READ.includes(version))
    throw damagedBlock(source.name, 4, `index version ${version} is not known, only 2 and 3 are`);
}

/** The table of contents at the end of the file. */
export function readTocOf(source: ByteSource): Toc {
  const start = source.sizeBytes - TOC_BYTES;
  if (start < INDEX_HEADER_BYTES)
    throw damagedBlock(source.name, source.sizeBytes, 'the file is shorter than an empty index');
  return readToc(source.name, source.read(start, TOC_BYTES), source.sizeBytes);
}

/** Where the series lie: up to the label indices, which are named even when there are none. */
export function seriesSection(toc: Toc): { start: number; end: number } {
  return { start: toc.series, end: toc.labelIndices > 0 ? toc.labelIndices : toc.postings };
}

/** Appends the references of the list at `offset`, or `damaged_block`; `reader` is scratch. */
export function readPostings(
  source: ByteSource,
  offset: number,
  into: { push(ref: number): void },
  reader = new ByteReader(),
): void {
  const head = source.load(offset, 8);
  reader.reset(source.loaded, head, head + 8);
  const length = reader.u32be();
  const count = reader.u32be();
  if (length !== 4 + 4 * count)
    throw damagedBlock(source.name, offset, `a list of ${count} references in ${length} bytes`);
  const start = source.load(offset + 4, length + CRC_BYTES);
  const end = start + length;
  reader.reset(source.loaded, end, end + CRC_BYTES);
  if (reader.u32be() !== crc32cOfRange(source.loaded, start, end))
    throw damagedBlock(source.name, offset, 'the checksum of a postings list does not match');
  reader.reset(source.loaded, start + 4, end);
  for (let i = 0; i < count; i++) into.push(reader.u32be());
}

/** An open index. */
export class IndexReader {
  readonly #source: ByteSource;
  readonly toc: Toc;
  readonly symbols: Symbols;
  readonly series: SeriesReader;
  readonly #table: PostingsTable;

  constructor(source: ByteSource) {
    this.#source = source;
    checkIndexHeader(source);
    this.toc = readTocOf(source);
    const section = readSymbols(source, this.toc.symbols);
    if (!section.crcMatches)
      throw damagedBlock(
        source.name,
        this.toc.symbols,
        'the checksum of the symbol table does not match',
      );
    this.symbols = section.symbols;
    const bounds = seriesSection(this.toc);
    if (bounds.start > bounds.end || bounds.end > source.sizeBytes)
      throw damagedBlock(source.name, bounds.start, 'the series end before they begin');
    this.series = new SeriesReader(source, bounds, this.symbols.count);
    this.#table = new PostingsTable(source, this.toc.postingsTable);
  }

  /** About how many bytes of the index are in memory: symbols, and the table's places. */
  get heldBytes(): number {
    const { symbols, series } = this.toc;
    return (
      series - symbols + 8 * this.symbols.count + (this.#source.sizeBytes - this.toc.postingsTable)
    );
  }

  /** All series in label order, each filled into the same entry. */
  *allSeries(into = new SeriesEntry()): Generator<SeriesEntry> {
    let offset = this.series.aligned(this.series.start);
    while (offset < this.series.end) {
      offset = this.series.aligned(this.series.readAt(offset, into));
      yield into;
    }
  }

  /** Label names in byte order. */
  labelNames(): readonly Uint8Array[] {
    return this.#table.names();
  }

  /** The values of a label in byte order, each a copy. */
  *labelValues(name: Uint8Array): Generator<Uint8Array> {
    for (const entry of this.#table.entries(name)) yield entry.value;
  }

  /** Where the list of a pair lies; undefined when no series has it. */
  find(name: Uint8Array, value: Uint8Array): number | undefined {
    return this.#table.find(name, value);
  }

  /** The values of a label in byte order, each with where its list lies. */
  *values(name: Uint8Array): Generator<{ readonly value: Uint8Array; readonly list: number }> {
    for (const { value, offset } of this.#table.entries(name)) yield { value, list: offset };
  }

  /** Appends the references of the list that lies at `list`. */
  append(list: number, into: { push(ref: number): void }): void {
    readPostings(this.#source, list, into);
  }

  /** Appends the references of all series. */
  all(into: { push(ref: number): void }): readonly undefined[] {
    const list = this.#table.find(NO_BYTES, NO_BYTES);
    if (list !== undefined) readPostings(this.#source, list, into);
    return [];
  }

  /** Appends the references of the series that have this pair; none when there are none. */
  postings(name: Uint8Array, value: Uint8Array, into: U32Column): void {
    const offset = this.#table.find(name, value);
    if (offset !== undefined) readPostings(this.#source, offset, into);
  }

  /** The references of all series. */
  allPostings(): U32Column {
    const refs = new U32Column();
    this.postings(NO_BYTES, NO_BYTES, refs);
    return refs;
  }
}
