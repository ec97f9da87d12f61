// Writes an index file from front to back: symbols, series, postings, postings offset table, table
// of contents (docs/formats/index.md). In memory: the symbols, and some bytes per label of each
// series for the postings; never the series themselves.
//
// Sections and paddings are laid out as Prometheus 3 lays them out, so that the same content gives
// the same bytes.

import { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { U32Column } from '../../base/bytes/columns.ts';
import { crc32c } from '../../base/bytes/crc32c.ts';
import { assert } from '../../base/errors/assert.ts';
import { VarveError } from '../../base/errors/varve-error.ts';
import type { HashedFile } from '../hashed-file.ts';
import {
  CRC_BYTES,
  INDEX_BYTES_MAX,
  INDEX_HEADER_BYTES,
  INDEX_MAGIC,
  INDEX_VERSION,
  POSTINGS_ALIGNMENT,
  SECTION_BYTES_MAX,
  SERIES_ALIGNMENT,
  type Toc,
  writeToc,
} from './format.ts';
import { PostingsBuilder } from './postings-builder.ts';
import { writePostingsTable } from './postings-table-writer.ts';
import { encodeSeries, type SeriesEntry } from './series-entry.ts';
import { SymbolPages } from './symbol-pages.ts';

/** What Thanos keeps as `index_stats`, and the count. */
export interface IndexSummary {
  readonly seriesCount: number;
  /** Bytes that the largest series takes in the index, padding included. */
  readonly seriesBytesMax: number;
}

/** One index file. Call order: addSymbol …, addSeries …, finish. */
export class IndexWriter {
  readonly #file: HashedFile;
  readonly #symbols = new SymbolPages();
  readonly #postings = new PostingsBuilder();
  readonly #body = new ByteWriter(1024);
  readonly #length = new ByteWriter(16);
  readonly #lastLabels = new U32Column(32);
  #lastSymbol = new Uint8Array(0);
  #seriesStart = 0;
  #seriesBytesMax = 0;

  constructor(file: HashedFile) {
    this.#file = file;
    this.#body.u32be(INDEX_MAGIC);
    this.#body.u8(INDEX_VERSION);
    file.write(this.#body.view());
  }

  /** The next symbol in byte order. */
  addSymbol(symbol: Uint8Array): void {
    assert(this.#seriesStart === 0, 'all symbols come before the first series');
    if (this.#symbols.count > 0)
      assert(Buffer.compare(this.#lastSymbol, symbol) < 0, 'symbols come in byte order, each once');
    this.#symbols.add(symbol);
    this.#lastSymbol = symbol.slice();
  }

  /** The next series in label order, its chunks' places in the order of their times. */
  addSeries(entry: SeriesEntry): void {
    if (this.#seriesStart === 0) this.#writeSymbols();
    this.#checkOrder(entry);
    this.#file.align(SERIES_ALIGNMENT);
    const start = this.#file.position;
    entry.ref = start / SERIES_ALIGNMENT;
    this.#body.clear();
    encodeSeries(entry, this.#body);
    this.#length.clear();
    this.#length.uvarint(this.#body.length);
    this.#body.u32be(crc32c(this.#body.view()));
    this.#file.write(this.#length.view());
    this.#file.write(this.#body.view());
    if (this.#file.position > INDEX_BYTES_MAX) throw tooLarge('The index', '64 GiB');
    this.#postings.addSeries(entry.ref, entry.labels);
    const padded = Math.ceil((this.#file.position - start) / SERIES_ALIGNMENT) * SERIES_ALIGNMENT;
    this.#seriesBytesMax = Math.max(this.#seriesBytesMax, padded);
  }

  /** Writes what is left: postings, offset table, table of contents. The file stays open. */
  finish(): IndexSummary {
    if (this.#seriesStart === 0) this.#writeSymbols();
    this.#postings.seal(this.#symbols.count);
    const postings = this.#file.position;
    this.#file.align(POSTINGS_ALIGNMENT);
    const listsStart = this.#file.position;
    this.#writePostings();
    const postingsTable = this.#file.position;
    writePostingsTable(this.#file, this.#symbols, this.#postings, listsStart);
    const toc: Toc = {
      symbols: INDEX_HEADER_BYTES,
      series: this.#seriesStart,
      labelIndices: postings,
      labelIndicesTable: postingsTable,
      postings,
      postingsTable,
    };
    this.#body.clear();
    writeToc(this.#body, toc);
    this.#file.write(this.#body.view());
    return { seriesCount: this.#postings.seriesCount, seriesBytesMax: this.#seriesBytesMax };
  }

  #writeSymbols(): void {
    const bytes = 4 + this.#symbols.encodedBytes;
    if (bytes > SECTION_BYTES_MAX) throw tooLarge('The symbol table', '4 GiB');
    const head = new ByteWriter(16);
    head.u32be(bytes);
    head.u32be(this.#symbols.count);
    this.#file.write(head.view());
    let crc = crc32c(head.view().subarray(4));
    for (const piece of this.#symbols.pieces()) {
      this.#file.write(piece);
      crc = crc32c(piece, crc);
    }
    head.clear();
    head.u32be(crc);
    this.#file.write(head.view());
    this.#seriesStart = this.#file.position;
  }

  /** First the list of all series, then one list per label pair. */
  #writePostings(): void {
    const postings = this.#postings;
    this.#writeList(postings.seriesCount, (at) => postings.seriesRef(at));
    for (let place = 0; place < postings.listCount; place++) {
      const start = postings.listStart(place);
      this.#writeList(postings.listEnd(place) - start, (at) => postings.refAt(start + at));
    }
  }

  #writeList(count: number, refAt: (index: number) => number): void {
    const body = this.#body;
    body.clear();
    body.reserve(8 + 4 * count + CRC_BYTES);
    body.u32be(4 + 4 * count);
    body.u32be(count);
    for (let i = 0; i < count; i++) body.u32be(refAt(i));
    body.u32be(crc32c(body.view().subarray(4)));
    this.#file.write(body.view());
  }

  #checkOrder(entry: SeriesEntry): void {
    const labels = entry.labels;
    const last = this.#lastLabels;
    assert(labels.length > 0 && labels.length % 2 === 0, 'a series has labels');
    for (let i = 0; i < labels.length; i++) {
      assert(labels.at(i) < this.#symbols.count, 'labels are symbols of this index');
      if (i % 2 === 0 && i > 0) assert(labels.at(i) > labels.at(i - 2), 'labels come by name');
    }
    // Symbol numbers are in byte order, so comparing numbers compares the labels.
    let i = 0;
    while (i < labels.length && i < last.length && labels.at(i) === last.at(i)) i++;
    const above =
      i === last.length ? i < labels.length : i < labels.length && labels.at(i) > last.at(i);
    assert(above, 'series come in label order, each once');
    last.clear();
    for (let j = 0; j < labels.length; j++) last.push(labels.at(j));
    for (let c = 0; c < entry.chunkCount; c++) {
      assert(
        entry.chunkMaxTimes.at(c) >= entry.chunkMinTimes.at(c),
        'a chunk ends after it begins',
      );
      if (c > 0)
        assert(entry.chunkMinTimes.at(c) > entry.chunkMaxTimes.at(c - 1), 'chunks come by time');
    }
  }
}

/** A limit of the format; whoever merges blocks must stay below it. */
export function tooLarge(what: string, limit: string): VarveError {
  return new VarveError('block_too_large', `${what} would be larger than the format's ${limit}`);
}
