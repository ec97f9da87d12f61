// Files and other streams of bytes, a piece at a time.

import { VarveError } from '../errors/varve-error.ts';
import type { Disk } from './disk.ts';

/** Bytes read from a file at once. Large enough for few calls, small enough to hold many. */
const FILE_READ_BYTES = 1024 * 1024;

/** The bytes of a file from `offset` on, `length` of them, a piece at a time. */
export async function* readFilePieces(
  disk: Disk,
  path: string,
  offset: number,
  length: number,
): AsyncIterable<Uint8Array> {
  const file = disk.openSync(path, 'read');
  try {
    let position = offset;
    const end = offset + length;
    while (position < end) {
      // A fresh buffer a piece: the consumer may keep the last one while it asks for the next. Not
      // zeroed, as only what was read of it is passed on.
      const { buffer } = Buffer.allocUnsafeSlow(Math.min(FILE_READ_BYTES, end - position));
      const piece = new Uint8Array(buffer);
      const got = file.read(piece, position);
      if (got === 0) {
        throw new VarveError('damaged_object', `${path} ends at byte ${position}, wanted ${end}`);
      }
      yield piece.subarray(0, got);
      position += got;
    }
  } finally {
    file.close();
  }
}

/** All pieces as one array; for small objects only, at most `bytesMax`. */
export async function collect(
  pieces: AsyncIterable<Uint8Array>,
  bytesMax: number,
  what: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const piece of pieces) {
    total += piece.length;
    if (total > bytesMax) {
      throw new VarveError('damaged_object', `${what} is larger than ${bytesMax} bytes`);
    }
    parts.push(piece);
  }
  const whole = new Uint8Array(total);
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
