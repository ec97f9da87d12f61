// How large the chunk segments of a merged block are. Two of them are on the local disk at a time,
// so they are a sixteenth of what is merged, and never so small that requests are many.

const SEGMENT_BYTES_MIN = 8 * 1024 * 1024;
/** Prometheus's and Thanos's size. */
const SEGMENT_BYTES_MAX = 512 * 1024 * 1024;
const SHARE = 16;

/** Bytes of a segment of what is made of `sourceBytes`. */
export function segmentBytesFor(sourceBytes: number): number {
  const share = Math.ceil(sourceBytes / SHARE);
  return Math.min(SEGMENT_BYTES_MAX, Math.max(SEGMENT_BYTES_MIN, share));
}
