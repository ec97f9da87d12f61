// Which files a block has, against which it should have: names, sizes, hashes, meta.json itself.

import { createHash } from 'node:crypto';
import { crc32c } from '../../base/bytes/crc32c.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import { FileSource } from '../byte-source.ts';
import type { BlockMeta } from '../meta/format.ts';
import { parseMeta } from '../meta/parse.ts';
import { digestHolds } from '../meta/print.ts';
import { readMetaBytes } from '../meta.ts';
import {
  blockFile,
  CHUNKS_DIR,
  chunkSegmentName,
  INDEX_FILE,
  META_FILE,
  parseBlockDirName,
  parseBlockTmpDirName,
  parseChunkSegmentName,
  TOMBSTONES_FILE,
} from '../paths.ts';
import type { Findings } from './findings.ts';

const PIECE_BYTES = 256 * 1024;
/** What may lie in a block's directory; markers and the like come from Thanos. */
const EXPECTED_NAMES = /^(index|meta\.json|tombstones|chunks|[a-z-]+-mark\.json)$/;

/** Reads and checks meta.json; undefined when it cannot be read. */
export function checkMeta(disk: Disk, dir: string, findings: Findings): BlockMeta | undefined {
  return findings.attempt(META_FILE, undefined, () => {
    const bytes = readMetaBytes(disk, dir);
    const meta = parseMeta(bytes, META_FILE);
    const name = dir.slice(dir.lastIndexOf('/') + 1);
    const ulid = parseBlockDirName(name) ?? parseBlockTmpDirName(name);
    if (ulid !== undefined && ulid !== meta.ulid)
      findings.error(META_FILE, undefined, `it is of block ${meta.ulid}, in the place of ${ulid}`);
    if (digestHolds(bytes, meta) === false)
      findings.error(META_FILE, undefined, 'its digest of itself does not match');
    if (meta.compaction.level === 0)
      findings.warning(META_FILE, undefined, 'its compaction level is 0');
    return meta;
  });
}

/** The names of the chunk segments that are there, in order; gaps and strangers are findings. */
export function checkDirectory(disk: Disk, dir: string, findings: Findings): readonly string[] {
  for (const entry of disk.list(dir)) {
    if (!EXPECTED_NAMES.test(entry.name))
      findings.warning(entry.name, undefined, 'a block has no such file');
    if (entry.isDirectory !== (entry.name === CHUNKS_DIR))
      findings.error(
        entry.name,
        undefined,
        'a directory where a file should be, or a file for one',
      );
  }
  if (disk.stat(blockFile(dir, INDEX_FILE)) === undefined)
    findings.error(INDEX_FILE, undefined, 'the file is missing');
  if (disk.stat(blockFile(dir, CHUNKS_DIR))?.isDirectory !== true) {
    findings.error(CHUNKS_DIR, undefined, 'the directory is missing');
    return [];
  }
  const segments: string[] = [];
  for (const { name } of disk.list(blockFile(dir, CHUNKS_DIR))) {
    const number = parseChunkSegmentName(name);
    if (number === undefined)
      findings.warning(`${CHUNKS_DIR}/${name}`, undefined, 'not a chunk segment');
    else if (number !== segments.length + 1)
      findings.error(chunkSegmentName(segments.length + 1), undefined, 'the file is missing');
    if (number !== undefined) segments.push(`${CHUNKS_DIR}/${name}`);
  }
  return segments;
}

/** Sizes and hashes that meta.json gives, against the files. */
export function checkListedFiles(
  disk: Disk,
  dir: string,
  meta: BlockMeta,
  found: { readonly segments: readonly string[]; readonly findings: Findings },
): void {
  const { segments, findings } = found;
  const thanos = meta.thanos;
  if (thanos === undefined) return;
  const listed = new Map(thanos.files.map((file) => [file.relPath, file]));
  for (const name of [INDEX_FILE, ...segments]) {
    if (listed.size > 0 && !listed.has(name))
      findings.error(META_FILE, undefined, `thanos.files does not name ${name}`);
  }
  const inMeta = thanos.segmentFiles.map((name) => `${CHUNKS_DIR}/${name}`);
  if (inMeta.length > 0 && inMeta.join() !== segments.join())
    findings.error(META_FILE, undefined, `thanos.segment_files names ${inMeta.join(', ')}`);
  const noted = new Map(thanos.varve?.files.map((file) => [file.relPath, file]));
  for (const relPath of new Set([...listed.keys(), ...noted.keys()])) {
    if (relPath === META_FILE || relPath === TOMBSTONES_FILE) continue;
    const stat = disk.stat(blockFile(dir, relPath));
    if (stat === undefined || stat.isDirectory) {
      findings.error(relPath, undefined, 'the file that meta.json names is missing');
      continue;
    }
    const wanted = [listed.get(relPath), noted.get(relPath)];
    for (const entry of wanted) {
      if (entry?.sizeBytes !== undefined && entry.sizeBytes !== stat.sizeBytes) {
        const what = `it has ${stat.sizeBytes} bytes, ${entry.sizeBytes} by meta.json`;
        findings.error(relPath, Math.min(stat.sizeBytes, entry.sizeBytes), what);
      }
    }
    const hashes = wanted.flatMap((entry) => entry?.sha256 ?? []);
    const crc = noted.get(relPath)?.crc32c;
    if (hashes.length > 0 || crc !== undefined) {
      const actual = hashFile(disk, dir, relPath);
      if (hashes.some((hash) => hash !== actual.sha256))
        findings.error(relPath, undefined, 'its SHA-256 is not the one in meta.json');
      if (crc !== undefined && crc !== actual.crc32c)
        findings.error(relPath, undefined, 'its CRC-32C is not the one in meta.json');
    }
  }
}

function hashFile(disk: Disk, dir: string, name: string): { sha256: string; crc32c: string } {
  const source = new FileSource(disk, blockFile(dir, name), name);
  try {
    const sha256 = createHash('sha256');
    let crc = 0;
    for (let at = 0; at < source.sizeBytes; at += PIECE_BYTES) {
      const piece = source.read(at, Math.min(PIECE_BYTES, source.sizeBytes - at));
      sha256.update(piece);
      crc = crc32c(piece, crc);
    }
    return { sha256: sha256.digest('hex'), crc32c: crc.toString(16).padStart(8, '0') };
  } finally {
    source.close();
  }
}
