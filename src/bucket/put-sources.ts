// The two things that are ever uploaded: bytes in memory and files on disk.

import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { readFilePieces } from '../base/runtime/file-pieces.ts';
import type { PutSource } from './bucket.ts';

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
