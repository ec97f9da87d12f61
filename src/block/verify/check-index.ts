// An index file from its first byte to its last, going on after each thing that is wrong as far as
// what follows can still be found.

import type { ByteSource } from '../byte-source.ts';
import { crcOfRange } from '../byte-source.ts';
import { damagedBlock } from '../damage.ts';
import {
  CRC_BYTES,
  INDEX_HEADER_BYTES,
  sectionsAreInOrder,
  TOC_BYTES,
  type Toc,
} from '../index/format.ts';
import { checkIndexHeader, readTocOf, seriesSection } from '../index/reader.ts';
import { SeriesReader } from '../index/series-reader.ts';
import { readSymbols, type Symbols } from '../index/symbols.ts';
import type { BlockMeta } from '../meta/format.ts';
import { SourceCursor } from '../source-cursor.ts';
import type { EntryChecker } from './check-chunks.ts';
import { checkZeros } from './check-padding.ts';
import { PostingsChecker } from './check-postings.ts';
import { SeriesChecker, type SeriesResult } from './check-series.ts';
import type { Findings } from './findings.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Checks the whole index and, through `chunks`, every chunk; what it counted, if it could. Yields
 * the number of a chunk segment that must come to hand before it goes on.
 */
export function* checkIndex(
  source: ByteSource,
  chunks: EntryChecker,
  meta: BlockMeta | undefined,
  findings: Findings,
): Generator<number, SeriesResult | undefined, undefined> {
  findings.attempt(source.name, 0, () => checkIndexHeader(source));
  const toc = findings.attempt(source.name, undefined, () => readTocOf(source));
  if (toc === undefined || !checkSections(source, toc, findings)) return undefined;
  checkZeros(source, INDEX_HEADER_BYTES, toc.symbols, findings);
  const section = findings.attempt(source.name, toc.symbols, () =>
    readSymbols(source, toc.symbols),
  );
  if (section === undefined) return undefined;
  if (!section.crcMatches)
    findings.error(source.name, toc.symbols, 'the checksum of the symbol table does not match');
  checkSymbols(section.symbols, toc.symbols, source.name, findings);
  if (section.end > toc.series)
    findings.error(source.name, toc.series, 'the series begin within the symbol table');
  checkZeros(source, section.end, toc.series, findings);
  const reader = new SeriesReader(source, seriesSection(toc), section.symbols.count);
  const checker = new SeriesChecker(source, section.symbols, findings);
  const series = yield* checker.run(reader, chunks, meta);
  checkLabelIndices(source, toc, findings);
  if (series.isComplete) series.postings.seal(section.symbols.count);
  const table = new PostingsChecker(
    source,
    {
      start: toc.postings,
      end: toc.labelIndicesTable > 0 ? toc.labelIndicesTable : toc.postingsTable,
      table: toc.postingsTable,
      wanted: series.isComplete ? series.postings : undefined,
      symbols: section.symbols,
    },
    findings,
  ).run();
  if (table !== undefined) checkZeros(source, table, source.sizeBytes - TOC_BYTES, findings);
  return series;
}

function checkSections(source: ByteSource, toc: Toc, findings: Findings): boolean {
  const isInOrder = sectionsAreInOrder(toc);
  if (!isInOrder)
    findings.error(source.name, source.sizeBytes - TOC_BYTES, 'sections are missing or mixed up');
  return isInOrder;
}

function checkSymbols(symbols: Symbols, offset: number, file: string, findings: Findings): void {
  for (let i = 0; i < symbols.count; i++) {
    const bytes = symbols.bytes(i);
    const order = i === 0 ? -1 : Buffer.compare(symbols.bytes(i - 1), bytes);
    if (order === 0) findings.error(file, offset, `symbol ${i} is the same as the one before`);
    if (order > 0) findings.error(file, offset, `symbol ${i} is not in order`);
    try {
      utf8.decode(bytes);
    } catch {
      // That it does not decode is all there is to know.
      findings.warning(file, offset, `symbol ${i} is not UTF-8`);
    }
  }
}

/** The label indices and their table, which Prometheus before 3.0 wrote and nobody reads. */
function checkLabelIndices(source: ByteSource, toc: Toc, findings: Findings): void {
  if (toc.labelIndices === 0 || toc.labelIndicesTable === 0) return;
  findings.attempt(source.name, toc.labelIndices, () => {
    const end = checkCheckedParts(source, toc.labelIndices, toc.postings);
    checkZeros(source, end, toc.postings, findings);
  });
  findings.attempt(source.name, toc.labelIndicesTable, () => {
    const end = checkCheckedParts(source, toc.labelIndicesTable, toc.postingsTable);
    checkZeros(source, end, toc.postingsTable, findings);
  });
}

/** Walks parts of the form length, bytes, checksum from `start` on; where the last one ends. */
function checkCheckedParts(source: ByteSource, start: number, end: number): number {
  let at = start;
  for (;;) {
    const begin = Math.ceil(at / 4) * 4;
    if (begin + 4 + CRC_BYTES > end) return at;
    const length = new SourceCursor(source, begin, end).u32be();
    const stop = begin + 4 + length;
    if (stop + CRC_BYTES > end) throw damagedBlock(source.name, begin, `a part of ${length} bytes`);
    if (new SourceCursor(source, stop, end).u32be() !== crcOfRange(source, begin + 4, stop))
      throw damagedBlock(source.name, begin, 'the checksum of a label index does not match');
    at = stop + CRC_BYTES;
  }
}
