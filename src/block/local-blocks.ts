// The blocks in a data directory, as the shipper wants them: whole ones, with what is to be
// uploaded. What is not whole is told to the caller by name, and everything else goes on.

import { asVarveError, type VarveError } from '../base/errors/varve-error.ts';
import type { Labels } from '../base/model/labels.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { FileDigest, LocalBlock, LocalBlockFile } from '../bucket/local-block.ts';
import { wholeFiles } from './check-whole.ts';
import { damagedBlock } from './damage.ts';
import type { BlockMeta } from './meta/format.ts';
import { printMeta } from './meta/print.ts';
import { readMeta, readMetaBytes } from './meta.ts';
import {
  blockDir,
  blockFile,
  CHUNKS_DIR,
  META_FILE,
  parseBlockDirName,
  parseBlockTmpDirName,
  TMP_FOR_DELETION,
  TOMBSTONES_FILE,
} from './paths.ts';
import { readTombstones } from './tombstones.ts';

export interface LocalBlocksOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** For blocks that have no `thanos` section: what a Prometheus left in the directory. */
  readonly labels: Labels;
  /** The oldest segment of the log beside the blocks; Infinity when there is none. */
  readonly firstSegment: number;
  /** What was read of this directory's blocks before, by path: they never change. */
  readonly known: Map<string, KnownBlock>;
  /** Told of each directory that looks like a block and is none. */
  readonly onDamaged: (path: string, error: VarveError) => void;
}

/** A block that was read. */
export type KnownBlock = Omit<LocalBlock, 'coversLog' | 'metaBytes' | 'metaWith'>;

/** The metas of all blocks in `dir`, by ULID. A directory that is not there holds none. */
export function listBlockMetas(
  options: Pick<LocalBlocksOptions, 'disk' | 'dir' | 'onDamaged'>,
): readonly BlockMeta[] {
  const { disk, dir } = options;
  const metas: BlockMeta[] = [];
  for (const path of blockPaths(disk, dir)) {
    try {
      metas.push(readOwnMeta(disk, path));
    } catch (thrown) {
      options.onDamaged(path, asVarveError(thrown));
    }
  }
  return metas;
}

/** The meta.json in `path`, which must be of the block that the directory is named by. */
export function readOwnMeta(disk: Disk, path: string): BlockMeta {
  const meta = readMeta(disk, path);
  if (path.endsWith(`/${meta.ulid}`)) return meta;
  const what = `it is of block ${meta.ulid}, in the place of another`;
  throw damagedBlock(blockFile(path, META_FILE), 0, what);
}

/** The directories in `dir` that are named like blocks, by ULID; none when it is not there. */
export function blockPaths(disk: Disk, dir: string): readonly string[] {
  if (disk.stat(dir) === undefined) return [];
  return disk.list(dir).flatMap(({ name, isDirectory }) => {
    const ulid = isDirectory ? parseBlockDirName(name) : undefined;
    return ulid === undefined ? [] : [blockDir(dir, ulid)];
  });
}

/** All blocks in `dir` that can be uploaded. `known` is brought up to date. */
export function listLocalBlocks(options: LocalBlocksOptions): readonly LocalBlock[] {
  const { disk, dir, known, firstSegment } = options;
  const paths = blockPaths(disk, dir);
  const blocks: LocalBlock[] = [];
  for (const path of paths) {
    try {
      const one = known.get(path) ?? readBlock(path, options);
      known.set(path, one);
      const coversLog = one.cutAt !== undefined && one.cutAt.segment >= firstSegment;
      blocks.push(withMeta({ ...one, coversLog }, options));
    } catch (thrown) {
      options.onDamaged(path, asVarveError(thrown));
    }
  }
  if (known.size > paths.length) {
    const there = new Set(paths);
    for (const path of known.keys()) if (!there.has(path)) known.delete(path);
  }
  return blocks;
}

function readBlock(path: string, { disk }: LocalBlocksOptions): KnownBlock {
  const meta = readOwnMeta(disk, path);
  const files = filesOf(disk, path, meta);
  const { ulid, minTimeMs, maxTimeMs } = meta;
  const isForeign = meta.thanos === undefined;
  const isCompacted = meta.compaction.level > 1;
  const { numChunks } = meta.stats;
  const kind = { isForeign, isCompacted, numChunks };
  const cutAt = meta.thanos?.varve?.wal;
  const cut = cutAt === undefined ? {} : { cutAt };
  return { ulid, dir: path, minTimeMs, maxTimeMs, files, ...cut, ...kind };
}

/**
 * The block with its meta.json for the bucket, which is read when it is wanted: there may be many
 * blocks, and large ones of meta.json. Varve's own blocks go as they are; a foreign one without
 * `thanos` section gets one, as Thanos does.
 */
function withMeta(
  block: Omit<LocalBlock, 'metaBytes' | 'metaWith'>,
  { disk, labels }: LocalBlocksOptions,
): LocalBlock {
  const { dir, files, isForeign } = block;
  if (!isForeign)
    return {
      ...block,
      get metaBytes() {
        return readMetaBytes(disk, dir);
      },
    };
  const metaWith = (digests: readonly FileDigest[]): Uint8Array =>
    foreignMeta(readOwnMeta(disk, dir), { labels, files, digests });
  return {
    ...block,
    metaWith,
    get metaBytes() {
      return metaWith([]);
    },
  };
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

/**
 * Chunk segments, index, tombstones if anything is deleted: the order in which they are uploaded.
 * Thanos's shipper leaves tombstones behind, and with them what was deleted comes back; in the
 * bucket they hold for whoever opens the block with Prometheus's code, as its compactor does.
 */
function filesOf(disk: Disk, path: string, meta: BlockMeta): readonly LocalBlockFile[] {
  const noted = new Map(meta.thanos?.varve?.files.map((file) => [file.relPath, file]));
  const isDeleted = meta.thanos === undefined && readTombstones(disk, path).size > 0;
  const names = wholeFiles(disk, path, meta);
  return [...names, ...(isDeleted ? [TOMBSTONES_FILE] : [])].map((name) => {
    const note = noted.get(name);
    const sizeBytes = note?.sizeBytes ?? disk.stat(blockFile(path, name))?.sizeBytes ?? 0;
    const crc32c = note === undefined ? undefined : Number.parseInt(note.crc32c, 16);
    return { name, sizeBytes, crc32c, sha256: note?.sha256 };
  });
}

/** What is to stand in the bucket of a foreign block, with the checksums if they are known. */
function foreignMeta(
  meta: BlockMeta,
  given: {
    readonly labels: Labels;
    readonly files: readonly LocalBlockFile[];
    readonly digests: readonly FileDigest[];
  },
): Uint8Array {
  const digests = new Map(given.digests.map((digest) => [digest.name, digest]));
  const files = given.files.map(({ name, sizeBytes }) => {
    return { relPath: name, sizeBytes, sha256: digests.get(name)?.sha256 };
  });
  const noted = given.digests.map(({ name, sizeBytes, crc32c, sha256 }) => {
    return { relPath: name, sizeBytes, crc32c: crc32c.toString(16).padStart(8, '0'), sha256 };
  });
  const thanos = {
    labels: given.labels,
    resolutionMs: 0,
    source: 'receive',
    segmentFiles: given.files
      .filter(({ name }) => name.startsWith(`${CHUNKS_DIR}/`))
      .map(({ name }) => name.slice(CHUNKS_DIR.length + 1)),
    files: [...files, { relPath: META_FILE }],
    seriesBytesMax: 0,
    chunkBytesMax: 0,
    varve: noted.length === 0 ? undefined : { files: noted },
  };
  return printMeta({ ...meta, thanos });
}
