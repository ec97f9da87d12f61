// The two things that are ever uploaded: bytes in memory and files on disk.

import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { PutSource } from './bucket.ts';

/** Bytes read from a file at once. Large enough for few calls, small enough to hold many. */
const FILE_READ_BYTES = 1024 * 1024;

/** Bytes in memory, for meta.json and markers. */
export function bytesSource(bytes: Uint8Array): PutSource {
  return {
    sizeBytes: bytes.length,
    async *read(offset, length) {
      yield bytes.subarray(offset, offset + length);
    },
  };
}

/** A file, read in pieces; its size is taken now, and a file that shrinks meanwhile is an error. */
export function fileSource(disk: Disk, path: string): PutSource {
  const stat = disk.stat(path);
  if (stat === undefined) throw new VarveError('not_found', `there is no file ${path}`);
  return {
    sizeBytes: stat.sizeBytes,
    read: (offset, length) => readFilePieces(disk, path, offset, length),
  };
}

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
      // A fresh buffer a piece: the consumer may keep the last one while it asks for the next.
      const piece = new Uint8Array(Math.min(FILE_READ_BYTES, end - position));
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
