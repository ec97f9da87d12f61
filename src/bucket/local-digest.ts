// Reads a file of a local block before it is sent: its size and checksums, compared with what its
// writer noted. Other work runs between the pieces, cuts above all: they share the thread.

import { createHash } from 'node:crypto';
import { crc32c } from '../base/bytes/crc32c.ts';
import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { PutSource } from './bucket.ts';
import type { FileDigest, LocalBlock, LocalBlockFile } from './local-block.ts';
import { fileSource } from './put-sources.ts';

/** A file that can be sent, and what it is. */
export interface ReadFile {
  readonly source: PutSource;
  readonly digest: FileDigest;
}

/**
 * Reads the whole file. Errors: `damaged_block` when it is missing or not what its writer noted;
 * the disk's own. SHA-256 is taken where none is noted in the block.
 */
export async function readLocalFile(
  disk: Disk,
  block: LocalBlock,
  { file, pause }: { readonly file: LocalBlockFile; readonly pause: () => Promise<void> },
): Promise<ReadFile> {
  const path = `${block.dir}/${file.name}`;
  const source = pausing(openSource(disk, path), pause);
  if (source.sizeBytes !== file.sizeBytes) {
    const sizes = `${source.sizeBytes} bytes, ${file.sizeBytes} are expected`;
    throw new VarveError('damaged_block', `${path} has ${sizes}`);
  }
  const sha256 = file.sha256 === undefined ? createHash('sha256') : undefined;
  let crc = 0;
  for await (const piece of source.read(0, source.sizeBytes)) {
    crc = crc32c(piece, crc);
    sha256?.update(piece);
  }
  if (file.crc32c !== undefined && crc !== file.crc32c) {
    throw new VarveError('damaged_block', `${path} is not what was written: its CRC32C differs`);
  }
  const { name, sizeBytes } = file;
  const digest = {
    name,
    sizeBytes,
    crc32c: crc,
    sha256: file.sha256 ?? sha256?.digest('hex') ?? '',
  };
  return { source, digest };
}

function openSource(disk: Disk, path: string): PutSource {
  try {
    return fileSource(disk, path);
  } catch (thrown) {
    const error = asVarveError(thrown);
    if (error.code !== 'not_found') throw error;
    throw new VarveError('damaged_block', error.message, { cause: thrown });
  }
}

/** The source, which lets others run after each piece. */
function pausing(source: PutSource, pause: () => Promise<void>): PutSource {
  return {
    sizeBytes: source.sizeBytes,
    async *read(offset, length) {
      for await (const piece of source.read(offset, length)) {
        yield piece;
        await pause();
      }
    },
  };
}
