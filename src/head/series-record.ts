// A series of a stream: 96 bytes in the head's own PagedRecords; its number is the slot.
// Little-endian; this page is its format.
//
//   0 admittedTime f64  last admitted sample in order (pending or published); -Infinity: none
//   8 admittedLow  u32  its bits, if it is a float
//  12 admittedHigh u32
//  16 pending      u32  newest pending sample of the series, a link of a PendingChain
//  20 flags        u8   LIVE, NEW (not yet synced), ADMITTED_HISTOGRAM
//  21 encoding     u8   of the open chunk; 0: there is none
//  22 leading      u8   XOR appender (base/chunk/xor-state.ts) of the open chunk …
//  23 trailing     u8
//  24 time         f64  last published sample in order; -Infinity: none
//  32 low          u32
//  36 high         u32
//  40 chunkLimit   f64  a sample at or after this needs another chunk; -Infinity without open chunk
//  48 delta        f64
//  56 bits         u32  … bits written
//  60 address      u32  open chunk's block
//  64 count        u16  samples in the open chunk
//  66 capacity     u16  bytes of its block, at most 65535
//  68 chunks       u32  newest chunk of the in-order lane, or NO_RECORD; the open chunk, if any
//  72 lateChunks   u32  newest chunk of the late lane
//  76 labels       u32  block with one u32 (pair record) per label, by name; 0 without labels
//  80 walRef       f64
//  88 hash         u32  of the label ids
//  92 labelCount   u16
//
// Invariant: `time` is what the open chunk's appender saw last; published ≤ admitted.

/** For PagedRecords. */
export const SERIES_SHAPE = { recordBytes: 96, pageBits: 10 };

/** Where the fields lie, in bytes from the start of the record. */
export const ADMITTED_TIME = 0;
export const ADMITTED_LOW = 8;
export const ADMITTED_HIGH = 12;
export const PENDING = 16;
export const FLAGS = 20;
export const OPEN_ENCODING = 21;
export const LEADING = 22;
export const TRAILING = 23;
export const TIME = 24;
export const LOW = 32;
export const HIGH = 36;
export const CHUNK_LIMIT = 40;
export const DELTA = 48;
export const BITS = 56;
export const OPEN_ADDRESS = 60;
export const COUNT = 64;
export const CAPACITY = 66;
export const CHUNKS = 68;
export const LATE_CHUNKS = 72;
export const LABELS = 76;
export const WAL_REF = 80;
export const HASH = 88;
export const LABEL_COUNT = 92;

/** Flags. */
export const LIVE = 1;
/** Created and not yet published: goes away with a take-back. */
export const NEW = 2;
/** The last admitted sample is a histogram; its bits are not here. */
export const ADMITTED_HISTOGRAM = 4;
/** The last published sample is a histogram. */
export const PUBLISHED_HISTOGRAM = 8;
