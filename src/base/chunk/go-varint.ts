// Go's varints (encoding/binary) at any bit of a chunk: the first times of float chunks, the first
// start timestamp of newer ones (docs/formats/chunks.md).

import { signedOf, unsignedOf } from './bit-io.ts';
import type { BitWindow } from './bit-window.ts';

/**
 * Reads an unsigned number of up to ten bytes; rounded beyond 2^53. Whoever reads checks the end.
 */
export function readUvarint(bits: BitWindow): number {
  const { low, high } = readUvarint64(bits);
  return unsignedOf(low, high);
}

/** The same signed (zigzag); rounded beyond ±2^53, which Number.isSafeInteger tells. */
export function readVarint(bits: BitWindow): number {
  const { low, high } = readUvarint64(bits);
  const sign = -(low & 1);
  return signedOf(((low >>> 1) | (high << 31)) ^ sign, (high >>> 1) ^ sign);
}

/** Up to ten bytes of seven bits, lowest first. */
function readUvarint64(bits: BitWindow): { low: number; high: number } {
  let low = 0;
  let high = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = bits.read(8);
    if (shift < 32) low |= (byte & 0x7f) << shift;
    if (shift >= 32) high |= (byte & 0x7f) << (shift - 32);
    else if (shift === 28) high |= (byte & 0x7f) >>> 4;
    if (shift === 63 && byte > 1) break;
    if (byte < 0x80) return { low, high };
  }
  throw bits.damaged('holds a varint of more than 64 bits');
}
