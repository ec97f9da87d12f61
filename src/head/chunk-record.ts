// A chunk of the head: 32 bytes in EngineMemory.chunks. Little-endian; this page is its format.
//
//   0 address   u32  block in the arena, chunk bytes from its start on (count header included)
//   4 next      u32  the series' chunk made before this one in the same lane, or NO_RECORD
//   8 minTime   f64  first sample's time, milliseconds
//  16 maxTime   f64  last sample's time
//  24 length    u32  bytes of the chunk
//  28 count     u16  samples
//  30 encoding  u8   1 XOR, 2 histogram, 3 float histogram
//  31 flags     u8   SEALED, IN_SNAPSHOT
//
// Invariant: of the open chunk of a series (which its series record names) maxTime, length and
// count are kept in the series record and are written here when it is closed. A SEALED chunk's
// bytes and record never change, except for IN_SNAPSHOT and `next`.

/** For PagedRecords. */
export const CHUNK_SHAPE = { recordBytes: 32, pageBits: 12 };

/** Where the fields lie, in bytes from the start of the record. */
export const CHUNK_ADDRESS = 0;
export const CHUNK_NEXT = 4;
export const CHUNK_MIN_TIME = 8;
export const CHUNK_MAX_TIME = 16;
export const CHUNK_LENGTH = 24;
export const CHUNK_COUNT = 28;
export const CHUNK_ENCODING = 30;
export const CHUNK_FLAGS = 31;

/** Never changed again. */
export const SEALED = 1;
/** Part of the snapshot that is open on this head. */
export const IN_SNAPSHOT = 2;

/** Chunk encodings as blocks have them (prometheus tsdb/docs/format/chunks.md). */
export const ENCODING_NONE = 0;
export const ENCODING_XOR = 1;
export const ENCODING_HISTOGRAM = 2;
export const ENCODING_FLOAT_HISTOGRAM = 3;
