// A label of a stream: one (name, value) pair with the series that carry it, 24 bytes in
// EngineMemory.pairs. Little-endian; this page is its format.
//
//   0 name      u32  symbol id
//   4 value     u32  symbol id; NO_SYMBOL in the record of a name (see below)
//   8 count     u32  series that carry the pair; in the record of a name, its values
//  12 list      u32  count 1: the slot itself; else the newest block of the list of slots
//  16 next      u32  the next pair with this name, or NO_RECORD
//  20 previous  u32  the one before
//
// The record of a name heads the list of its pairs: `list` is the first of them. Names are a list
// of their own by `next` and `previous`. A block of slots (arena, geometric sizes) is:
//   0 older block's address u32 (0: none) · 4 slots in it u16 · 6 room u16 · 8 slots u32 …
//
// Invariant: a live pair is carried by at least one series; it holds its value's symbol, and the
// record of a name holds the name's. Label lists of series name pairs, so pairs must outlive them.

/** For PagedRecords. */
export const PAIR_SHAPE = { recordBytes: 24, pageBits: 12 };

/** Where the fields lie, in bytes from the start of the record. */
export const PAIR_NAME = 0;
export const PAIR_VALUE = 4;
export const PAIR_COUNT = 8;
export const PAIR_LIST = 12;
export const PAIR_NEXT = 16;
export const PAIR_PREVIOUS = 20;

/** Where the fields of a block of slots lie, in bytes from its start. */
export const BLOCK_OLDER = 0;
export const BLOCK_USED = 4;
export const BLOCK_ROOM = 6;
export const BLOCK_SLOTS = 8;
