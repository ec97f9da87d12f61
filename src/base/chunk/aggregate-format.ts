// The numbers of an aggregate chunk, Thanos's encoding 255 (docs/formats/aggregate-chunks.md): up
// to five chunks of other encodings, one behind the other, each the same windows of time.

import type { ChunkPlace } from './chunk-format.ts';

/** The parts in the order in which they are stored; the names are those of Thanos. */
export const AGGREGATES = ['count', 'sum', 'min', 'max', 'counter'] as const;

/** A part's name. */
export type Aggregate = (typeof AGGREGATES)[number];

/** Samples in each window: floats. */
export const COUNT = 0;
/** Their sum: floats, or float histograms. */
export const SUM = 1;
/** Their least: floats; histograms have none. */
export const MIN = 2;
/** Their greatest: floats; histograms have none. */
export const MAX = 3;
/** Where a counter stood at the end of each window, resets made up for: as SUM. */
export const COUNTER = 4;

/** Where the parts of a chunk are; undefined for one that it has not. By COUNT, SUM, … */
export type AggregateParts = readonly (ChunkPlace | undefined)[];

/** A part is never longer than this; a larger length is damage. */
export const PART_BYTES_MAX = 0xffff_ffff;
