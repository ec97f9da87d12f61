// The numbers of Prometheus's chunk files of the head; drawn in docs/formats/head-chunks.md.
// Everything here is Prometheus's (tsdb/chunks/head_chunks.go); Varve only reads them.

/** First four bytes of a file. */
export const HEAD_CHUNKS_MAGIC = 0x0130bc91;
/** The only version there is. */
export const HEAD_CHUNKS_VERSION = 1;
/** Magic, version and three zero bytes. */
export const FILE_HEADER_BYTES = 8;
/** Reference, first and last time. Zeros here are the end of what was written. */
export const CHUNK_TIMES_BYTES = 24;
/** Reference, times, encoding: what stands before the length. */
export const CHUNK_HEADER_BYTES = CHUNK_TIMES_BYTES + 1;
/** The length is a uvarint of 32 bits at most. */
export const LENGTH_BYTES_MAX = 5;
/** The checksum behind the data; it covers everything before it. */
export const CRC_BYTES = 4;
/** A chunk of no data. */
export const CHUNK_BYTES_MIN = CHUNK_HEADER_BYTES + 1 + CRC_BYTES;
/** No chunk is near this; a larger length is damage. Ours, as for the chunks of blocks. */
export const DATA_BYTES_MAX = 64 * 1024 * 1024;
/** The encoding byte's bit for chunks of late samples. */
export const LATE_BIT = 0b1000_0000;
