// What is selected, and from what: the interfaces between `select` and the head and blocks that it
// reads. Types only.

import type { TimedChunk } from '../base/chunk/merge-chunks.ts';

/** A condition on a label, as PromQL has them; a pattern is RE2 and must match the whole value. */
export interface Matcher {
  readonly type: '=' | '!=' | '=~' | '!~';
  readonly name: string;
  /** The value or pattern. */
  readonly value: string;
}

/** Milliseconds, both inclusive. */
export interface TimeRange {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/**
 * Which series, and which of their chunks: all that reach into the range, whole. An empty list of
 * matchers selects every series.
 */
export interface SelectQuery extends TimeRange {
  readonly matchers: readonly Matcher[];
}

/** Bounds what one series may hold in memory. */
export interface SeriesBudget {
  /** Takes so many bytes before they are allocated, or throws `overloaded`. */
  take(bytes: number): void;
}

/**
 * The series of one block or head that match, in label order: a cursor. Who made it closes it.
 * What is damaged is told to whom the maker named, costs itself, and is left out here.
 */
export interface SeriesSource {
  /** Steps to the next series; false at the end. */
  next(): boolean;
  /** The current series (base/model/label-key.ts). */
  readonly key: Uint8Array;
  /**
   * The chunks of the current series that reach into the range, in memory of their own, the sample
   * count in their headers, deleted samples left out; in any order. To be asked for once a series.
   */
  chunks(budget: SeriesBudget): readonly TimedChunk[];
}

/** A source of one stream. */
export interface StreamSource {
  /**
   * Number of the stream among those read, in the order of their labels: series of different
   * streams are different series.
   */
  readonly stream: number;
  readonly source: SeriesSource;
}

/**
 * The series of a block whose bytes have to be waited for: a cursor like SeriesSource, but that a
 * step or the chunks may take a request. What is damaged is thrown. Who made it closes it.
 */
export interface RemoteSource {
  /** Steps to the next series; false at the end. */
  next(): Promise<boolean>;
  /** The current series (base/model/label-key.ts). */
  readonly key: Uint8Array;
  /** As in SeriesSource. */
  chunks(budget: SeriesBudget): Promise<readonly TimedChunk[]>;
  close(): void;
}

/** Lists of series by label pair: an index, or the postings of a head. */
export interface PostingsSource {
  /** Where the list of a pair is; undefined when no series carries it. */
  find(name: Uint8Array, value: Uint8Array): number | undefined;
  /** The values of a label, each with its list. */
  values(name: Uint8Array): Iterable<LabelValue>;
  /** Appends the numbers of the series of a list, rising. */
  append(list: number, into: SeriesNumbers): void;
  /** Appends the numbers of all series, rising, in steps. */
  all(into: SeriesNumbers): Iterable<undefined>;
}

/** A value of a label and the list of the series that carry it. */
export interface LabelValue {
  readonly value: Uint8Array;
  readonly list: number;
}

/** What lists are appended to. */
export interface SeriesNumbers {
  push(series: number): void;
}
