// The blocks in a data directory, as the shipper wants them: whole ones, with what is to be
// uploaded. What is not whole is told to the caller by name, and everything else goes on.

import { asVarveError, type VarveError } from '../base/errors/varve-error.ts';
import type { Labels } from '../base/model/labels.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { LocalBlock, LocalBlockFile } from '../bucket/local-block.ts';
import { wholeFiles } from './check-whole.ts';
import { damagedBlock } from './damage.ts';
import type { BlockMeta } from './meta/format.ts';
import { printMeta } from './meta/print.ts';
import { readMeta, readMetaBytes } from './meta.ts';
import {
  blockDir,
  blockFile,
  CHUNKS_DIR,
  INDEX_FILE,
  META_FILE,
  parseBlockDirName,
  parseBlockTmpDirName,
  TMP_FOR_DELETION,
} from './paths.ts';

export interface LocalBlocksOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** For blocks that have no `thanos` section: what a Prometheus left in the directory. */
  readonly labels: Labels;
  /** The oldest segment of the log beside the blocks; Infinity when there is none. */
  readonly firstSegment: number;
  /** Told of each directory that looks like a block and is none. */
  readonly onDamaged: (path: string, error: VarveError) => void;
}

/** The metas of all blocks in `dir`, by ULID. A directory that is not there holds none. */
export function listBlockMetas(
  options: Omit<LocalBlocksOptions, 'labels' | 'firstSegment'>,
): readonly BlockMeta[] {
  const { disk, dir } = options;
  if (disk.stat(dir) === undefined) return [];
  const metas: BlockMeta[] = [];
  for (const entry of disk.list(dir)) {
    const ulid = entry.isDirectory ? parseBlockDirName(entry.name) : undefined;
    if (ulid === undefined) continue;
    try {
      const meta = readMeta(disk, blockDir(dir, ulid));
      if (meta.ulid !== ulid) {
        const path = blockFile(blockDir(dir, ulid), META_FILE);
        throw damagedBlock(path, 0, `it is of block ${meta.ulid}, in the place of ${ulid}`);
      }
      metas.push(meta);
    } catch (thrown) {
      options.onDamaged(blockDir(dir, ulid), asVarveError(thrown));
    }
  }
  return metas;
}

/** All blocks in `dir` that can be uploaded. */
export function listLocalBlocks(options: LocalBlocksOptions): readonly LocalBlock[] {
  const { disk, dir, labels } = options;
  const blocks: LocalBlock[] = [];
  for (const meta of listBlockMetas(options)) {
    const path = blockDir(dir, meta.ulid);
    try {
      const files = filesOf(disk, path, meta);
      const { minTimeMs, maxTimeMs } = meta;
      const metaBytes = metaForBucket(disk, path, meta, { labels, files });
      const position = meta.thanos?.varve?.wal;
      const coversLog = position !== undefined && position.segment >= options.firstSegment;
      const range = { minTimeMs, maxTimeMs };
      blocks.push({ ulid: meta.ulid, dir: path, ...range, files, coversLog, metaBytes });
    } catch (thrown) {
      options.onDamaged(path, asVarveError(thrown));
    }
  }
  return blocks;
}

/**
 * Takes a block off the disk: renamed first, so that a crash never leaves half of it under its
 * name.
 */
export function removeLocalBlock(disk: Disk, dir: string, ulid: string): void {
  const path = blockDir(dir, ulid);
  const doomed = path + TMP_FOR_DELETION;
  disk.removeTree(doomed);
  disk.rename(path, doomed);
  disk.syncDir(dir);
  disk.removeTree(doomed);
}

/** Removes what a crash left of blocks being written or removed; the names of what went. */
export function removeLeftovers(disk: Disk, dir: string): readonly string[] {
  if (disk.stat(dir) === undefined) return [];
  const left = disk
    .list(dir)
    .map((entry) => entry.name)
    .filter(
      (name) =>
        parseBlockTmpDirName(name) !== undefined ||
        (name.endsWith(TMP_FOR_DELETION) &&
          parseBlockDirName(name.slice(0, -TMP_FOR_DELETION.length)) !== undefined),
    );
  for (const name of left) disk.removeTree(`${dir}/${name}`);
  return left;
}

/** Chunk segments, then the index: the order in which they are uploaded. */
function filesOf(disk: Disk, path: string, meta: BlockMeta): readonly LocalBlockFile[] {
  const noted = new Map(meta.thanos?.varve?.files.map((file) => [file.relPath, file]));
  return wholeFiles(disk, path, meta).map((name) => {
    const note = noted.get(name);
    const sizeBytes = note?.sizeBytes ?? disk.stat(blockFile(path, name))?.sizeBytes ?? 0;
    const crc32c = note === undefined ? undefined : Number.parseInt(note.crc32c, 16);
    return { name, sizeBytes, crc32c };
  });
}

/**
 * Varve's own blocks go as they are; a foreign one without `thanos` section gets one, as Thanos
 * does.
 */
function metaForBucket(
  disk: Disk,
  path: string,
  meta: BlockMeta,
  given: { readonly labels: Labels; readonly files: readonly LocalBlockFile[] },
): Uint8Array {
  if (meta.thanos !== undefined) return readMetaBytes(disk, path);
  const files = given.files.map(({ name, sizeBytes }) => ({ relPath: name, sizeBytes }));
  const thanos = {
    labels: given.labels,
    resolutionMs: 0,
    source: 'receive',
    segmentFiles: given.files
      .filter(({ name }) => name !== INDEX_FILE)
      .map(({ name }) => name.slice(CHUNKS_DIR.length + 1)),
    files: [...files, { relPath: META_FILE }],
    seriesBytesMax: 0,
    chunkBytesMax: 0,
  };
  return printMeta({ ...meta, thanos });
}
