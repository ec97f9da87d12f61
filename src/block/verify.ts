// Verifies a block on the disk: finds every inconsistency at once and says where. Run on each block
// that was just written, before it gets its name, and by `varve tsdb verify`.
//
// It trusts nothing and keeps going: a finding costs what cannot be read because of it, no more.
// The parts are in verify/; a block in a bucket is verified by verify-stored.ts.

import { assert } from '../base/errors/assert.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { FileSource } from './byte-source.ts';
import type { BlockMeta } from './meta/format.ts';
import { readMetaBytes } from './meta.ts';
import {
  blockFile,
  CHUNKS_DIR,
  INDEX_FILE,
  parseBlockDirName,
  parseBlockTmpDirName,
  TOMBSTONES_FILE,
} from './paths.ts';
import { readTombstones } from './tombstones.ts';
import { checkContents } from './verify/check-contents.ts';
import {
  type BlockNames,
  checkListedFiles,
  checkMeta,
  checkNames,
  FileHash,
  hasHash,
  notedFiles,
} from './verify/check-files.ts';
import { type Finding, Findings } from './verify/findings.ts';

const PIECE_BYTES = 256 * 1024;

/**
 * Everything that is wrong with the block in `dir`; nothing, when all is well. Throws only when the
 * disk does, or when there is no such directory.
 */
export function verifyBlock(disk: Disk, dir: string): readonly Finding[] {
  const findings = new Findings();
  const name = dir.slice(dir.lastIndexOf('/') + 1);
  const ulid = parseBlockDirName(name) ?? parseBlockTmpDirName(name);
  const meta = checkMeta(() => readMetaBytes(disk, dir), ulid, findings);
  const segments = checkNames(namesIn(disk, dir), findings);
  if (meta !== undefined) checkAllListed(disk, dir, meta, { segments, findings });
  if (disk.stat(blockFile(dir, INDEX_FILE)) === undefined) return findings.list();
  const tombstones = findings.attempt(TOMBSTONES_FILE, undefined, () =>
    readTombstones(disk, dir, TOMBSTONES_FILE),
  );
  const open = [INDEX_FILE, ...segments].map(
    (file) => new FileSource(disk, blockFile(dir, file), file),
  );
  try {
    const [index, ...sources] = open;
    if (index === undefined) return findings.list();
    const atHand = sources.map((source) => ({
      name: source.name,
      sizeBytes: source.sizeBytes,
      source,
    }));
    const steps = checkContents({ index, segments: atHand, meta, tombstones }, findings);
    assert(steps.next().done === true, 'all segments were at hand');
  } finally {
    for (const source of open) source.close();
  }
  return findings.list();
}

function namesIn(disk: Disk, dir: string): BlockNames {
  const chunksDir = blockFile(dir, CHUNKS_DIR);
  const hasChunks = disk.stat(chunksDir)?.isDirectory === true;
  const chunkNames = hasChunks ? disk.list(chunksDir).map(({ name }) => name) : [];
  return { names: disk.list(dir), chunkNames };
}

/** Names, sizes and hashes that meta.json gives, against the files. */
function checkAllListed(
  disk: Disk,
  dir: string,
  meta: BlockMeta,
  found: { readonly segments: readonly string[]; readonly findings: Findings },
): void {
  const sizeOf = (relPath: string): number | undefined => {
    const stat = disk.stat(blockFile(dir, relPath));
    return stat === undefined || stat.isDirectory ? undefined : stat.sizeBytes;
  };
  checkListedFiles(meta, { segments: found.segments, sizeOf }, found.findings);
  for (const [relPath, noted] of notedFiles(meta)) {
    if (sizeOf(relPath) === undefined || !hasHash(noted)) continue;
    const source = new FileSource(disk, blockFile(dir, relPath), relPath);
    try {
      const hash = new FileHash();
      for (let at = 0; at < source.sizeBytes; at += PIECE_BYTES)
        hash.add(source.read(at, Math.min(PIECE_BYTES, source.sizeBytes - at)));
      hash.check(relPath, noted, found.findings);
    } finally {
      source.close();
    }
  }
}
