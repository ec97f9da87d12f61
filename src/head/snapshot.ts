// What the job thread gets to make a block of: places, counts and lengths, and the shared memory
// they lie in. It is plain data (numbers, typed arrays, SharedArrayBuffers), so it can be posted.
//
// Invariant: everything it names is sealed and stays as it is until `closeSnapshot`; it holds all
// published samples of its range as of one moment, and no other.

import type { RecordPages } from '../base/bytes/paged-records.ts';
import type { CutRange } from './plan.ts';

/** The labels of some series of a head, and the memory they lie in. */
export interface SnapshotLabels {
  readonly slabs: readonly SharedArrayBuffer[];
  readonly pairs: RecordPages;
  readonly symbols: RecordPages;
  // One cell per series.
  /** Address of the label list: a u32 pair record per label, by name. */
  readonly labelAddresses: Uint32Array;
  readonly labelCounts: Uint32Array;
}

/** The samples of one range of one head, in columns. */
export interface CutSnapshot extends SnapshotLabels {
  /** For `closeSnapshot`. */
  readonly id: number;
  readonly range: CutRange;
  /** Samples in the chunks below; 0: there is nothing to cut, close it as stored. */
  readonly sampleCount: number;
  /** A series' first chunk below; one cell more than series. Chunks are in no order. */
  readonly chunkStarts: Uint32Array;
  // One cell per chunk.
  readonly chunkAddresses: Uint32Array;
  readonly chunkLengths: Uint32Array;
  readonly chunkCounts: Uint32Array;
  readonly chunkEncodings: Uint32Array;
  readonly chunkMinTimes: Float64Array;
  readonly chunkMaxTimes: Float64Array;
}

/** What came of a cut. */
export interface CutSummary {
  readonly series: number;
  readonly chunks: number;
  readonly samples: number;
  /** First and last sample, milliseconds, both inclusive. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}
