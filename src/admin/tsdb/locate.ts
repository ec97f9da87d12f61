// Finds what there is to look at in a directory that somebody names: one block, a data directory
// with blocks and a log in it, or a directory of such (tenants, streams, a bucket's copy).

import { VarveError } from '../../base/errors/varve-error.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import {
  blockFile,
  INDEX_FILE,
  META_FILE,
  parseBlockDirName,
  parseBlockTmpDirName,
  walDir,
} from '../../block/paths.ts';

/** A data directory: blocks side by side, and perhaps a log. */
export interface DataDir {
  /** Its name below the directory that was named; empty for that directory itself. */
  readonly name: string;
  readonly path: string;
  /** Directories of blocks, by ULID. */
  readonly blocks: readonly string[];
  /** Directories of blocks that were never finished. */
  readonly unfinished: readonly string[];
  /** The log's directory, when there is one. */
  readonly wal: string | undefined;
}

/** All data directories at `dir` and one level below it. */
export function locate(disk: Disk, dir: string): readonly DataDir[] {
  const path = dir.length > 1 && dir.endsWith('/') ? dir.slice(0, -1) : dir;
  if (disk.stat(path)?.isDirectory !== true)
    throw new VarveError('not_found', `There is no directory ${path}`);
  if (isBlock(disk, path))
    return [{ name: '', path, blocks: [path], unfinished: [], wal: undefined }];
  const found = [dataDir(disk, path, '')];
  for (const entry of disk.list(path)) {
    const isOther = parseBlockDirName(entry.name) ?? parseBlockTmpDirName(entry.name);
    if (!entry.isDirectory || isOther !== undefined || entry.name.startsWith('.')) continue;
    found.push(dataDir(disk, `${path}/${entry.name}`, entry.name));
  }
  return found.filter(
    (one) => one.blocks.length > 0 || one.unfinished.length > 0 || one.wal !== undefined,
  );
}

function isBlock(disk: Disk, path: string): boolean {
  return [META_FILE, INDEX_FILE].some((name) => disk.stat(blockFile(path, name)) !== undefined);
}

function dataDir(disk: Disk, path: string, name: string): DataDir {
  const blocks: string[] = [];
  const unfinished: string[] = [];
  for (const entry of disk.list(path)) {
    if (!entry.isDirectory) continue;
    if (parseBlockDirName(entry.name) !== undefined) blocks.push(`${path}/${entry.name}`);
    if (parseBlockTmpDirName(entry.name) !== undefined) unfinished.push(`${path}/${entry.name}`);
  }
  const wal = disk.stat(walDir(path))?.isDirectory === true ? walDir(path) : undefined;
  return { name, path, blocks, unfinished, wal };
}
