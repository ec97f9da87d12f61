// The series of a damaged index that can be read, in the order of their labels. Each entry has a
// checksum of its own and begins at a multiple of 16 bytes: so behind one that is damaged the next
// is found, and without a table of contents they are read up to where none follows any more.
//
// What is put right: labels in disorder, empty values (which are none), series in disorder. A
// series whose labels cannot be known for sure (a name twice, none at all) is lost.
// Held in memory: the place of each series; of an index in disorder their labels as well.

import { U32Column } from '../../base/bytes/columns.ts';
import { compareColumns } from '../../base/bytes/compare-ranges.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import type { ByteSource } from '../byte-source.ts';
import { INDEX_VERSIONS_READ, SERIES_ALIGNMENT, type Toc } from '../index/format.ts';
import { checkIndexHeader, readTocOf, seriesSection } from '../index/reader.ts';
import { SeriesEntry } from '../index/series-entry.ts';
import { SeriesReader } from '../index/series-reader.ts';
import { INDEX_FILE } from '../paths.ts';
import type { Losses } from './losses.ts';
import { type SalvagedSymbols, salvageSymbols } from './salvaged-symbols.ts';

/** A series that stands where another was expected is looked for with entries up to this size. */
const FOUND_BYTES_MAX = 64 * 1024;
/** Number of the empty symbol in byte order. */
const EMPTY = 0;
/** Where the version stands in the header. */
const VERSION_OFFSET = 4;

/** A series that can be read. */
export interface SalvagedSeries {
  readonly entry: SeriesEntry;
  /** Its labels put right, as numbers of the symbols in byte order. Valid until the next one. */
  readonly labels: U32Column;
}

/** See the head of the file. */
export class SalvagedIndex {
  readonly symbols: SalvagedSymbols;
  readonly #reader: SeriesReader;
  readonly #losses: Losses;
  readonly #refs = new U32Column(1024);
  readonly #entry = new SeriesEntry();
  readonly #labels = new U32Column(32);
  readonly #hasToc: boolean;
  #isInOrder = true;

  private constructor(
    symbols: SalvagedSymbols,
    { hasToc, losses, reader }: { hasToc: boolean; losses: Losses; reader: SeriesReader },
  ) {
    this.symbols = symbols;
    this.#reader = reader;
    this.#losses = losses;
    this.#hasToc = hasToc;
    this.#scan();
  }

  /**
   * Undefined when nothing of it can be named. Throws `unsupported` for a version that a later
   * Varve may read.
   */
  static open(source: ByteSource, losses: Losses): SalvagedIndex | undefined {
    const toc = attempt(() => readTocOf(source));
    if (toc !== undefined) throwIfNewer(source);
    const symbols = salvageSymbols(source, toc);
    if (symbols === undefined) return undefined;
    const reader = new SeriesReader(source, boundsOf(source, toc, symbols), symbols.count);
    return new SalvagedIndex(symbols, { hasToc: toc !== undefined, losses, reader });
  }

  /** Series that can be read. */
  get count(): number {
    return this.#refs.length;
  }

  /** Were all series found that there are? Else there may have been more than were missed. */
  get isWhole(): boolean {
    return this.#hasToc && this.#losses.unreadSeries === 0;
  }

  /** All of them by labels; the same labels twice come one after the other. */
  *series(): Generator<SalvagedSeries> {
    for (const ref of this.#isInOrder ? numbersOf(this.#refs) : this.#sorted()) {
      this.#read(ref);
      this.#takeLabels();
      yield { entry: this.#entry, labels: this.#labels };
    }
  }

  #read(ref: number): void {
    this.#reader.readAt(ref * SERIES_ALIGNMENT, this.#entry);
  }

  /** Notes where each series stands that can be read. */
  #scan(): void {
    const { start, end } = this.#reader;
    const last = new U32Column(32);
    let lostFrom: number | undefined;
    for (let offset = this.#reader.aligned(start); offset < end; ) {
      const next = this.#tryAt(offset, lostFrom !== undefined);
      if (next === undefined) {
        lostFrom ??= offset;
        offset += SERIES_ALIGNMENT;
        continue;
      }
      if (lostFrom !== undefined) this.#lose();
      lostFrom = undefined;
      offset = this.#reader.aligned(next);
      if (!this.#takeLabels()) {
        this.#lose();
        continue;
      }
      if (this.#refs.length > 0 && compareColumns(this.#labels, last) <= 0) this.#isInOrder = false;
      this.#refs.push(this.#entry.ref);
      copyColumn(this.#labels, last);
    }
    // Without a table of contents it is not known where the series end: the rest is something else.
    if (lostFrom !== undefined && this.#hasToc) this.#lose();
  }

  #lose(): void {
    this.#losses.unreadSeries++;
    this.#losses.files.add(INDEX_FILE);
  }

  /** Where the entry at `offset` ends; undefined when none can be read there. */
  #tryAt(offset: number, isLooking: boolean): number | undefined {
    return attempt(() => {
      const end = this.#reader.endOf(offset);
      if (isLooking && end - offset > FOUND_BYTES_MAX) return undefined;
      this.#reader.readFound(offset, end, this.#entry);
      return end;
    });
  }

  /** Puts the entry's labels right; false when they cannot be known. */
  #takeLabels(): boolean {
    const { numbers } = this.symbols;
    const { labels } = this.#entry;
    const pairs: (readonly [name: number, value: number])[] = [];
    for (let i = 0; i < labels.length; i += 2) {
      const name = numbers.at(labels.at(i));
      const value = numbers.at(labels.at(i + 1));
      if (name === EMPTY) return false;
      if (value !== EMPTY) pairs.push([name, value]);
    }
    pairs.sort(([a], [b]) => a - b);
    this.#labels.clear();
    let lastName = -1;
    for (const [name, value] of pairs) {
      if (name === lastName) return false;
      lastName = name;
      this.#labels.push(name);
      this.#labels.push(value);
    }
    return pairs.length > 0;
  }

  /** References in the order of the labels. */
  #sorted(): readonly number[] {
    const rows = numbersOf(this.#refs).map((ref) => {
      this.#read(ref);
      this.#takeLabels();
      const labels = new U32Column(this.#labels.length);
      copyColumn(this.#labels, labels);
      return { ref, labels };
    });
    rows.sort((a, b) => compareColumns(a.labels, b.labels) || a.ref - b.ref);
    return rows.map(({ ref }) => ref);
  }
}

/** Where series may stand. */
function boundsOf(
  source: ByteSource,
  toc: Toc | undefined,
  symbols: SalvagedSymbols,
): { start: number; end: number } {
  const whole = { start: symbols.end, end: source.sizeBytes };
  if (toc === undefined) return whole;
  const { start, end } = seriesSection(toc);
  return start >= symbols.end && start <= end && end <= source.sizeBytes ? { start, end } : whole;
}

/** With a whole table of contents the header was not cut off: then a version means what it says. */
function throwIfNewer(source: ByteSource): void {
  const isKnown = attempt(() => {
    checkIndexHeader(source);
    return true;
  });
  if (isKnown === true) return;
  const [version = 0] = source.read(VERSION_OFFSET, 1);
  if (version <= Math.max(...INDEX_VERSIONS_READ)) return;
  throw new VarveError(
    'unsupported',
    `its index is of version ${version}, which is not known here`,
  );
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (asVarveError(thrown).kind !== 'damaged') throw thrown;
    return undefined;
  }
}

function numbersOf(column: U32Column): readonly number[] {
  return Array.from({ length: column.length }, (_, i) => column.at(i));
}

function copyColumn(from: U32Column, into: U32Column): void {
  into.clear();
  for (let i = 0; i < from.length; i++) into.push(from.at(i));
}
