// Reads and replaces a block's tombstones file on disk; the format is in tombstones/.

import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { blockFile, TOMBSTONES_FILE } from './paths.ts';
import {
  parseTombstones,
  printTombstones,
  TOMBSTONES_BYTES_MAX,
  type Tombstones,
} from './tombstones/format.ts';

/** A block's tombstones; none when it has no such file. */
export function readTombstones(disk: Disk, blockPath: string, name = ''): Tombstones {
  const path = blockFile(blockPath, TOMBSTONES_FILE);
  const stat = disk.stat(path);
  if (stat === undefined) return new Map();
  if (stat.sizeBytes > TOMBSTONES_BYTES_MAX)
    throw new VarveError('damaged_block', `${path} has ${stat.sizeBytes} bytes`);
  return parseTombstones(disk.readFile(path), name === '' ? path : name);
}

/** Writes a block's tombstones, all or nothing, durably. */
export function writeTombstones(disk: Disk, blockPath: string, tombstones: Tombstones): void {
  disk.replaceFile(blockFile(blockPath, TOMBSTONES_FILE), printTombstones(tombstones));
}
