// The two sizes that a merge goes by: of the segments that it writes, and of the ranges that it
// reads.

const MIB = 1024 * 1024;

const SEGMENT_BYTES_MIN = 8 * MIB;
/** Prometheus's and Thanos's size. */
const SEGMENT_BYTES_MAX = 512 * MIB;
/** Two segments are on the local disk at a time. */
const SEGMENTS_OF_SOURCES = 16;

/** Memory for ranges of all sources together: each has four, of index and chunks, two of each. */
const WINDOWS_BYTES = 12 * MIB;
const WINDOWS_PER_SOURCE = 4;
/** A request costs the same whatever its size: below this it is not worth one. */
const WINDOW_BYTES_MIN = 64 * 1024;
const WINDOW_BYTES_MAX = 4 * MIB;

/** Bytes of a chunk segment of what is made of `sourceBytes`. */
export function segmentBytesFor(sourceBytes: number): number {
  const share = Math.ceil(sourceBytes / SEGMENTS_OF_SOURCES);
  return Math.min(SEGMENT_BYTES_MAX, Math.max(SEGMENT_BYTES_MIN, share));
}

/** Bytes of a range, of a merge of so many sources. */
export function windowBytesFor(sources: number): number {
  const share = Math.floor(WINDOWS_BYTES / (WINDOWS_PER_SOURCE * Math.max(1, sources)));
  return Math.min(WINDOW_BYTES_MAX, Math.max(WINDOW_BYTES_MIN, share));
}
