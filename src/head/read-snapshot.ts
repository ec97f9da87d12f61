// What a reader in another thread gets of a head: places, counts and lengths of the chunks of the
// series that a query found, and the shared memory they lie in. Plain data, so it can be posted.
//
// Nothing is sealed for it: ingest appends to the very chunks that are read. What is published of a
// chunk never changes where it is, so a reader that looks at no more bits and samples than stand
// here sees what was published when its series was visited.
// Invariant: all of it stays readable as long as the read's lease holds (read-lease.ts).

import type { SnapshotLabels } from './snapshot.ts';

/** Series of one head and their chunks that reach into a range, in columns. */
export interface ReadSnapshot extends SnapshotLabels {
  /** A series' first chunk below; one cell more than series. Chunks are in no order. */
  readonly chunkStarts: Uint32Array;
  // One cell per chunk.
  readonly chunkAddresses: Uint32Array;
  /** Bits that count, from the chunk's header on; what follows in the last byte may be newer. */
  readonly chunkBits: Uint32Array;
  readonly chunkCounts: Uint32Array;
  readonly chunkEncodings: Uint32Array;
  readonly chunkMinTimes: Float64Array;
  readonly chunkMaxTimes: Float64Array;
}
