// A block that a Prometheus made, made ready for the bucket without a byte written beside it: read
// once to the last chunk, hashed once, and given the `thanos` section that Thanos's sidecar would
// give it (docs/formats/meta.md), with the checksums of its files in it.
//
// Only what can be read whole is described; what cannot is `damaged_block` or the disk's own error.

import { createHash } from 'node:crypto';
import { crc32c } from '../base/bytes/crc32c.ts';
import type { Labels } from '../base/model/labels.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { readFilePieces } from '../base/runtime/file-pieces.ts';
import type { Timers } from '../base/runtime/timers.ts';
import type { LocalBlock } from '../bucket/local-block.ts';
import { BlockReader } from './block-reader.ts';
import { wholeFiles } from './check-whole.ts';
import { emptyChunk } from './chunks/segment-reader.ts';
import { damagedBlock } from './damage.ts';
import type { FileDigest } from './hashed-file.ts';
import type { BlockMeta, ThanosMeta } from './meta/format.ts';
import { printMeta } from './meta/print.ts';
import { blockFile, CHUNKS_DIR, META_FILE, TOMBSTONES_FILE } from './paths.ts';
import { readTombstones } from './tombstones.ts';

/** After so many chunks others may run. */
const CHUNKS_AT_ONCE = 2_000;

/** What describing a block needs of the world. */
export interface BlockWorld {
  readonly disk: Disk;
  readonly timers: Pick<Timers, 'yieldNow'>;
}

/** The block in `dir`, whose meta.json says `meta`, as a sidecar with these labels uploads it. */
export async function describePrometheusBlock(
  world: BlockWorld,
  { dir, meta }: { readonly dir: string; readonly meta: BlockMeta },
  labels: Labels,
): Promise<LocalBlock> {
  const names = [...wholeFiles(world.disk, dir, meta)];
  if (readTombstones(world.disk, dir).size > 0) names.push(TOMBSTONES_FILE);
  await readGently(world, dir);
  const digests: FileDigest[] = [];
  for (const name of names) digests.push(await digestOf(world, dir, name));
  const { ulid, minTimeMs, maxTimeMs } = meta;
  return {
    ulid,
    dir,
    minTimeMs,
    maxTimeMs,
    files: digests.map(({ relPath, sizeBytes, crc32c: crc }) => {
      return { name: relPath, sizeBytes, crc32c: crc };
    }),
    coversLog: false,
    isForeign: true,
    metaBytes: printMeta({ ...meta, thanos: thanosOf(meta, digests, labels) }),
  };
}

/** Reads every series and every chunk once, and lets others run in between. */
async function readGently({ disk, timers }: BlockWorld, dir: string): Promise<void> {
  const block = new BlockReader(disk, dir);
  const chunk = emptyChunk();
  let left = CHUNKS_AT_ONCE;
  try {
    for (const entry of block.series()) {
      for (let i = 0; i < entry.chunkCount; i++) block.readChunk(entry, i, chunk);
      left -= entry.chunkCount;
      if (left > 0) continue;
      left = CHUNKS_AT_ONCE;
      await timers.yieldNow();
    }
  } finally {
    block.close();
  }
}

async function digestOf({ disk, timers }: BlockWorld, dir: string, name: string) {
  const path = blockFile(dir, name);
  const stat = disk.stat(path);
  if (stat === undefined) throw damagedBlock(path, 0, 'the file is missing');
  const sha256 = createHash('sha256');
  let crc = 0;
  for await (const piece of readFilePieces(disk, path, 0, stat.sizeBytes)) {
    sha256.update(piece);
    crc = crc32c(piece, crc);
    await timers.yieldNow();
  }
  const { sizeBytes } = stat;
  return { relPath: name, sizeBytes, crc32c: crc, sha256: sha256.digest('hex') };
}

/**
 * Labels and source take the place of what stood there, as in Thanos: who ships a block says whose
 * it is. A resolution stays.
 */
function thanosOf(meta: BlockMeta, digests: readonly FileDigest[], labels: Labels): ThanosMeta {
  const before = meta.thanos;
  const chunks = digests.filter(({ relPath }) => relPath.startsWith(`${CHUNKS_DIR}/`));
  return {
    labels,
    resolutionMs: before?.resolutionMs ?? 0,
    source: 'sidecar',
    segmentFiles: chunks.map(({ relPath }) => relPath.slice(CHUNKS_DIR.length + 1)),
    files: [
      ...digests.map(({ relPath, sizeBytes, sha256 }) => ({ relPath, sizeBytes, sha256 })),
      { relPath: META_FILE },
    ],
    seriesBytesMax: before?.seriesBytesMax ?? 0,
    chunkBytesMax: before?.chunkBytesMax ?? 0,
    varve: {
      files: digests.map((digest) => ({
        ...digest,
        crc32c: digest.crc32c.toString(16).padStart(8, '0'),
      })),
    },
  };
}
