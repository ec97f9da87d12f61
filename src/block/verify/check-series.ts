// The series of an index: each entry's checksum and content, their order, and their chunks' times.

import { BitSet } from '../../base/bytes/bit-set.ts';
import { U32Column } from '../../base/bytes/columns.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import type { ByteSource } from '../byte-source.ts';
import { PostingsBuilder } from '../index/postings-builder.ts';
import { SeriesEntry } from '../index/series-entry.ts';
import type { SeriesReader } from '../index/series-reader.ts';
import type { Symbols } from '../index/symbols.ts';
import type { BlockMeta } from '../meta/format.ts';
import type { EntryChecker } from './check-chunks.ts';
import { checkZeros } from './check-padding.ts';
import type { Findings } from './findings.ts';

/** What going through all series gave. */
export interface SeriesResult {
  readonly seriesCount: number;
  readonly chunkCount: number;
  /** The postings lists that there should be, not sealed yet. */
  readonly postings: PostingsBuilder;
  /** False when some series could not be read, so that counts and postings say nothing. */
  readonly isComplete: boolean;
}

/** Goes through all series once. */
export class SeriesChecker {
  readonly #source: ByteSource;
  readonly #symbols: Symbols;
  readonly #findings: Findings;
  readonly #entry = new SeriesEntry();
  readonly #last = new U32Column(32);
  readonly #postings = new PostingsBuilder();
  readonly #used: BitSet;
  #chunkCount = 0;

  constructor(source: ByteSource, symbols: Symbols, findings: Findings) {
    this.#source = source;
    this.#symbols = symbols;
    this.#findings = findings;
    this.#used = new BitSet(symbols.count);
  }

  /**
   * Reads from one end of the section to the other; `meta` gives the range, when there is one.
   * Yields the number of a chunk segment that must come to hand before it goes on.
   */
  *run(
    reader: SeriesReader,
    chunks: EntryChecker,
    meta: BlockMeta | undefined,
  ): Generator<number, SeriesResult, undefined> {
    const name = this.#source.name;
    let isComplete = true;
    let end = reader.start;
    while (end < reader.end) {
      const offset = reader.aligned(end);
      checkZeros(this.#source, end, Math.min(offset, reader.end), this.#findings);
      if (offset >= reader.end) break;
      const read = this.#findings.attempt(name, offset, () => reader.readAt(offset, this.#entry));
      // An entry that is bad costs itself, not those behind it, as long as its length can be one.
      const next = read ?? endOf(reader, offset);
      if (read === undefined) chunks.skipUnknown();
      if (next === undefined) {
        this.#findings.error(name, offset, 'no series can be read from here on');
        isComplete = false;
        break;
      }
      if (read === undefined) isComplete = false;
      else {
        this.#check(offset, meta);
        let checked = chunks.check(this.#entry, 0);
        while (checked < this.#entry.chunkCount) {
          yield this.#entry.chunkSegments.at(checked);
          checked = chunks.check(this.#entry, checked);
        }
      }
      end = next;
    }
    if (isComplete) this.#checkUse();
    return {
      seriesCount: this.#postings.seriesCount,
      chunkCount: this.#chunkCount,
      postings: this.#postings,
      isComplete,
    };
  }

  #check(offset: number, meta: BlockMeta | undefined): void {
    const entry = this.#entry;
    this.#postings.addSeries(entry.ref, entry.labels);
    this.#chunkCount += entry.chunkCount;
    const fault = this.#faultOfLabels() ?? this.#faultOfOrder();
    if (fault !== undefined) this.#findings.error(this.#source.name, offset, fault);
    this.#last.clear();
    for (let i = 0; i < entry.labels.length; i++) {
      this.#last.push(entry.labels.at(i));
      this.#used.add(entry.labels.at(i));
    }
    if (entry.chunkCount === 0)
      this.#findings.warning(this.#source.name, offset, 'a series without chunks');
    this.#checkTimes(offset, meta);
  }

  /** The empty one is always there; others are left when their series were deleted. */
  #checkUse(): void {
    let unused = 0;
    for (let i = 0; i < this.#symbols.count; i++)
      if (this.#symbols.lengthOf(i) > 0 && !this.#used.has(i)) unused++;
    if (unused > 0)
      this.#findings.info(this.#source.name, undefined, `${unused} symbols that no series has`);
  }

  #faultOfLabels(): string | undefined {
    const labels = this.#entry.labels;
    if (labels.length === 0) return 'a series without labels';
    for (let i = 0; i < labels.length; i += 2) {
      if (this.#symbols.lengthOf(labels.at(i)) === 0) return 'a label without a name';
      if (this.#symbols.lengthOf(labels.at(i + 1)) === 0) return 'a label with an empty value';
      if (i > 0 && labels.at(i) === labels.at(i - 2)) return 'a label name comes twice in a series';
      if (i > 0 && labels.at(i) < labels.at(i - 2))
        return 'the labels of a series are not in order';
    }
    return undefined;
  }

  #faultOfOrder(): string | undefined {
    const labels = this.#entry.labels;
    const last = this.#last;
    let i = 0;
    while (i < labels.length && i < last.length && labels.at(i) === last.at(i)) i++;
    if (i === labels.length && i === last.length) return 'the same series comes twice';
    const isAbove = i === last.length || (i < labels.length && labels.at(i) > last.at(i));
    return isAbove ? undefined : 'the series are not in order';
  }

  #checkTimes(offset: number, meta: BlockMeta | undefined): void {
    const entry = this.#entry;
    const file = this.#source.name;
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < entry.chunkCount; i++) {
      const minTimeMs = entry.chunkMinTimes.at(i);
      const maxTimeMs = entry.chunkMaxTimes.at(i);
      if (maxTimeMs < minTimeMs)
        this.#findings.error(file, offset, `chunk ${i} ends at ${maxTimeMs}, before it begins`);
      if (minTimeMs <= last)
        this.#findings.error(
          file,
          offset,
          `chunk ${i} begins at ${minTimeMs}, within the last one`,
        );
      if (meta !== undefined && (minTimeMs < meta.minTimeMs || maxTimeMs >= meta.maxTimeMs)) {
        const what = `chunk ${i}, ${minTimeMs} to ${maxTimeMs}, is outside of the block's range`;
        this.#findings.error(file, offset, what);
      }
      last = Math.max(last, maxTimeMs);
    }
  }
}

/** Undefined when that cannot be told either; what is wrong with the entry has been said. */
function endOf(reader: SeriesReader, offset: number): number | undefined {
  try {
    return reader.endOf(offset);
  } catch (thrown) {
    if (asVarveError(thrown).kind !== 'damaged') throw thrown;
    return undefined;
  }
}
