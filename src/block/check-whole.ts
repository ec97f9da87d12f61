// Is a block whole, as far as can be told without decoding it? Before others rely on it: the log
// lets samples go that a block holds, and the bucket gets it.

import { crc32c } from '../base/bytes/crc32c.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { Timers } from '../base/runtime/timers.ts';
import { BlockReader, listSegments } from './block-reader.ts';
import { FileSource } from './byte-source.ts';
import { emptyChunk } from './chunks/segment-reader.ts';
import { damagedBlock } from './damage.ts';
import type { BlockMeta } from './meta/format.ts';
import { blockFile, CHUNKS_DIR, INDEX_FILE, META_FILE, TOMBSTONES_FILE } from './paths.ts';

const PIECE_BYTES = 1024 * 1024;

/**
 * Chunk segments and index of the block in `path`, in this order; `damaged_block` when one that its
 * meta.json names is missing or has another size, or a segment is missing in between.
 */
export function wholeFiles(disk: Disk, path: string, meta: BlockMeta): readonly string[] {
  const names = [...listSegments(disk, path), INDEX_FILE];
  const noted = [...(meta.thanos?.varve?.files ?? []), ...(meta.thanos?.files ?? [])];
  const listed = (meta.thanos?.segmentFiles ?? []).map((name) => `${CHUNKS_DIR}/${name}`);
  for (const name of new Set([...names, ...listed, ...noted.map(({ relPath }) => relPath)])) {
    // meta.json has been read; tombstones may have come or gone since it was written.
    if (name === META_FILE || name === TOMBSTONES_FILE) continue;
    const file = blockFile(path, name);
    const stat = disk.stat(file);
    if (stat === undefined || stat.isDirectory) throw damagedBlock(file, 0, 'the file is missing');
    for (const { relPath, sizeBytes } of noted) {
      if (relPath !== name || sizeBytes === undefined || sizeBytes === stat.sizeBytes) continue;
      const what = `it has ${stat.sizeBytes} bytes, ${sizeBytes} by meta.json`;
      throw damagedBlock(file, Math.min(stat.sizeBytes, sizeBytes), what);
    }
  }
  return names;
}

/**
 * Reads every byte that Varve noted a checksum of, and lets others run after each megabyte;
 * `damaged_block` when one does not match.
 */
export async function checkNotedFiles(
  { disk, timers }: { readonly disk: Disk; readonly timers: Pick<Timers, 'yieldNow'> },
  path: string,
  meta: BlockMeta,
): Promise<void> {
  for (const { crc32c: wanted, relPath } of meta.thanos?.varve?.files ?? []) {
    const source = new FileSource(disk, blockFile(path, relPath));
    try {
      let crc = 0;
      for (let at = 0; at < source.sizeBytes; at += PIECE_BYTES) {
        crc = crc32c(source.read(at, Math.min(PIECE_BYTES, source.sizeBytes - at)), crc);
        await timers.yieldNow();
      }
      if (crc !== Number.parseInt(wanted, 16))
        throw damagedBlock(source.name, 0, 'its CRC-32C is not the one in meta.json');
    } finally {
      source.close();
    }
  }
}

/** Reads meta.json, every series and every chunk once; `damaged_block` when one cannot be read. */
export function readAll(disk: Disk, path: string): void {
  const block = new BlockReader(disk, path);
  const chunk = emptyChunk();
  try {
    block.readMeta();
    for (const entry of block.series())
      for (let i = 0; i < entry.chunkCount; i++) block.readChunk(entry, i, chunk);
  } finally {
    block.close();
  }
}
