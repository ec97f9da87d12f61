// CRC-32C (Castagnoli), the checksum of WAL fragments, index sections and chunks.
//
// Two ways to the same number: a table of our own, eight bytes a step, for what is short, and
// native code for what is long, where its call is worth its price (bench/wal/append.ts).

import { crc32c as nativeCrc32c } from '@node-rs/crc32';

/** From this many bytes on the native function is faster than the table (measured, Node 20). */
const NATIVE_FROM_BYTES = 256;
/** The Castagnoli polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

const TABLE = makeTable();

// Slice k holds, for each byte, the effect of that byte followed by k zero bytes.
function makeTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i++) {
    const shorter = table[i - 256]!;
    table[i] = (shorter >>> 8) ^ table[shorter & 0xff]!;
  }
  return table;
}

/**
 * The CRC-32C of `bytes`, an unsigned 32-bit number.
 * @param seed the checksum of what stands before `bytes`: crc(a + b) is crc(b, crc(a))
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  if (bytes.length >= NATIVE_FROM_BYTES) return nativeCrc32c(bytes, seed);
  return crc32cOfRange(bytes, 0, bytes.length, seed);
}

/** The CRC-32C of `bytes` from `start` to `end` (exclusive), without a view being made. */
export function crc32cOfRange(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  if (end - start >= NATIVE_FROM_BYTES) return nativeCrc32c(bytes.subarray(start, end), seed);
  let crc = ~seed;
  let at = start;
  for (const stop = end - 7; at < stop; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      TABLE[1792 + (crc & 0xff)]! ^
      TABLE[1536 + ((crc >>> 8) & 0xff)]! ^
      TABLE[1280 + ((crc >>> 16) & 0xff)]! ^
      TABLE[1024 + (crc >>> 24)]! ^
      TABLE[768 + bytes[at + 4]!]! ^
      TABLE[512 + bytes[at + 5]!]! ^
      TABLE[256 + bytes[at + 6]!]! ^
      TABLE[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
