// Reads and replaces a block's meta.json on disk; the format is in meta/.

import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { type BlockMeta, META_BYTES_MAX } from './meta/format.ts';
import { parseMeta } from './meta/parse.ts';
import { printMeta } from './meta/print.ts';
import { blockFile, META_FILE } from './paths.ts';

/** The bytes of a block's meta.json, bounded. */
export function readMetaBytes(disk: Disk, blockPath: string): Uint8Array {
  const path = blockFile(blockPath, META_FILE);
  const sizeBytes = disk.stat(path)?.sizeBytes ?? 0;
  if (sizeBytes > META_BYTES_MAX)
    throw new VarveError('damaged_block', `${path} has ${sizeBytes} bytes`);
  return disk.readFile(path);
}

/** Reads and checks a block's meta.json: `not_found` or `damaged_block`. */
export function readMeta(disk: Disk, blockPath: string): BlockMeta {
  return parseMeta(readMetaBytes(disk, blockPath), blockFile(blockPath, META_FILE));
}

/** Writes meta.json, all or nothing, durably. What `meta.rest` holds beside it is kept. */
export function writeMeta(disk: Disk, blockPath: string, meta: BlockMeta): void {
  disk.replaceFile(blockFile(blockPath, META_FILE), printMeta(meta));
}
