// Bytes to upload that need no memory: each piece is made when it is read, and differs from others.

import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import type { PutSource } from '../../../src/bucket/bucket.ts';

const PIECE_BYTES = 64 * 1024;

/** A source whose every four bytes are their own offset. */
export function countedBytes(sizeBytes: number): PutSource {
  return {
    sizeBytes,
    async *read(offset, length) {
      const end = Math.min(sizeBytes, offset + length);
      for (let at = offset; at < end; ) {
        const first = at - (at % 4);
        const words = new Uint32Array(PIECE_BYTES / 4);
        for (let i = 0; i < words.length; i++) words[i] = first + 4 * i;
        const piece = new Uint8Array(words.buffer);
        const bytes = piece.subarray(at - first, Math.min(PIECE_BYTES, end - first));
        yield bytes;
        at += bytes.length;
      }
    },
  };
}

/** The CRC32C of all pieces. */
export async function crcOfPieces(pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let crc = 0;
  for await (const piece of pieces) crc = crc32c(piece, crc);
  return crc;
}
