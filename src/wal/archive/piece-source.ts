// A piece as it is put into the bucket: head, ranges of files, trailer; read from the disk each
// time, a megabyte at once, so that memory does not grow with the piece.

import { crc32c } from '../../base/bytes/crc32c.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import { readFilePieces } from '../../base/runtime/file-pieces.ts';
import type { PutSource } from '../../bucket/bucket.ts';
import { printTrailer } from './format.ts';

/** Bytes of a file on disk. */
export interface FileRange {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** The CRC32C of a range. Throws what the disk throws, also when the file is shorter. */
export async function crcOfRange(disk: Disk, { from, path, to }: FileRange): Promise<number> {
  let crc = 0;
  for await (const bytes of readFilePieces(disk, path, from, to - from)) crc = crc32c(bytes, crc);
  return crc;
}

/** A whole piece and its CRC32C. */
export interface WholePiece {
  readonly source: PutSource;
  readonly crc32c: number;
}

/** @param head preamble and header */
export async function wholePiece(
  disk: Disk,
  head: Uint8Array,
  ranges: readonly FileRange[],
): Promise<WholePiece> {
  const body = [ofBytes(head), ...ranges.map((range) => ofFile(disk, range))];
  let crc = 0;
  for (const part of body)
    for await (const bytes of part.read(0, part.sizeBytes)) crc = crc32c(bytes, crc);
  const trailer = printTrailer(crc);
  return { source: joined([...body, ofBytes(trailer)]), crc32c: crc32c(trailer, crc) };
}

function ofBytes(bytes: Uint8Array): PutSource {
  return {
    sizeBytes: bytes.length,
    async *read(offset, length) {
      yield bytes.subarray(offset, offset + length);
    },
  };
}

function ofFile(disk: Disk, { from, path, to }: FileRange): PutSource {
  const read: PutSource['read'] = (offset, length) =>
    readFilePieces(disk, path, from + offset, length);
  return { sizeBytes: to - from, read };
}

/** One behind the other. */
function joined(parts: readonly PutSource[]): PutSource {
  return {
    sizeBytes: parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    async *read(offset, length) {
      let at = 0; // where the part begins
      for (const part of parts) {
        const start = Math.max(0, offset - at);
        const end = Math.min(part.sizeBytes, offset + length - at);
        at += part.sizeBytes;
        if (start < end) yield* part.read(start, end - start);
      }
    },
  };
}
