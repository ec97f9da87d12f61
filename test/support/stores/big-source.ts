// A large source that is never in memory at once: its bytes follow from their place.

import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import type { PutSource } from '../../../src/bucket/bucket.ts';

const PIECE_BYTES = 1024 * 1024;

/** `sizeBytes` bytes; byte i is what it is in every source of this kind. */
export function bigSource(sizeBytes: number): PutSource {
  return {
    sizeBytes,
    async *read(offset, length) {
      for (let at = offset; at < offset + length; at += PIECE_BYTES) {
        yield bigBytes(at, Math.min(PIECE_BYTES, offset + length - at));
      }
    },
  };
}

/** The bytes of such a source from `offset` on. */
export function bigBytes(offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  // The multiplier is odd and the shift is large: no two places nearby look alike.
  for (let i = 0; i < length; i++) bytes[i] = Math.imul(offset + i, 0x9e3779b1) >>> 24;
  return bytes;
}

/** CRC32C of all of it. */
export async function bigCrc32c(source: PutSource): Promise<number> {
  return sumOf(source.read(0, source.sizeBytes));
}

/** CRC32C of what a stream gives. */
export async function sumOf(pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let sum = 0;
  for await (const piece of pieces) sum = crc32c(piece, sum);
  return sum;
}
