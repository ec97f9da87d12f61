// Which files a block has, against which it should have: names, sizes, hashes, meta.json itself.
// Where the files lie, on the disk or in a bucket, is not known here.

import { createHash, type Hash } from 'node:crypto';
import { crc32c } from '../../base/bytes/crc32c.ts';
import type { BlockMeta } from '../meta/format.ts';
import { parseMeta } from '../meta/parse.ts';
import { digestHolds } from '../meta/print.ts';
import {
  CHUNKS_DIR,
  chunkSegmentName,
  INDEX_FILE,
  META_FILE,
  parseChunkSegmentName,
  TOMBSTONES_FILE,
} from '../paths.ts';
import type { Findings } from './findings.ts';

/** What may lie in a block's directory; markers and the like come from Thanos. */
const EXPECTED_NAMES = /^(index|meta\.json|tombstones|chunks|[a-z-]+-mark\.json)$/;

/** A name in a block's directory, or in its chunks directory. */
export interface ListedName {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** What stands directly in a block's directory and in its chunks directory, by name. */
export interface BlockNames {
  readonly names: readonly ListedName[];
  readonly chunkNames: readonly string[];
}

/**
 * Reads and checks meta.json; undefined when it cannot be read.
 * @param ulid the block in whose place it stands, when that is known
 */
export function checkMeta(
  read: () => Uint8Array,
  ulid: string | undefined,
  findings: Findings,
): BlockMeta | undefined {
  return findings.attempt(META_FILE, undefined, () => {
    const bytes = read();
    const meta = parseMeta(bytes, META_FILE);
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
export function checkNames(
  { names, chunkNames }: BlockNames,
  findings: Findings,
): readonly string[] {
  for (const entry of names) {
    if (!EXPECTED_NAMES.test(entry.name))
      findings.warning(entry.name, undefined, 'a block has no such file');
    if (entry.isDirectory !== (entry.name === CHUNKS_DIR))
      findings.error(
        entry.name,
        undefined,
        'a directory where a file should be, or a file for one',
      );
  }
  if (!names.some(({ name }) => name === INDEX_FILE))
    findings.error(INDEX_FILE, undefined, 'the file is missing');
  if (!names.some(({ name, isDirectory }) => name === CHUNKS_DIR && isDirectory)) {
    findings.error(CHUNKS_DIR, undefined, 'the directory is missing');
    return [];
  }
  const segments: string[] = [];
  for (const name of chunkNames) {
    const number = parseChunkSegmentName(name);
    if (number === undefined)
      findings.warning(`${CHUNKS_DIR}/${name}`, undefined, 'not a chunk segment');
    else if (number !== segments.length + 1)
      findings.error(chunkSegmentName(segments.length + 1), undefined, 'the file is missing');
    if (number !== undefined) segments.push(`${CHUNKS_DIR}/${name}`);
  }
  return segments;
}

/** What meta.json says of one file. */
export interface NotedFile {
  readonly sizesBytes: readonly number[];
  readonly sha256s: readonly string[];
  /** Eight hex digits. */
  readonly crc32c: string | undefined;
}

/** The files that meta.json notes anything of, itself and tombstones left out. */
export function notedFiles(meta: BlockMeta): ReadonlyMap<string, NotedFile> {
  const listed = new Map(meta.thanos?.files.map((file) => [file.relPath, file]));
  const noted = new Map(meta.thanos?.varve?.files.map((file) => [file.relPath, file]));
  const result = new Map<string, NotedFile>();
  for (const relPath of new Set([...listed.keys(), ...noted.keys()])) {
    if (relPath === META_FILE || relPath === TOMBSTONES_FILE) continue;
    const entries = [listed.get(relPath), noted.get(relPath)];
    result.set(relPath, {
      sizesBytes: entries.flatMap((entry) => entry?.sizeBytes ?? []),
      sha256s: entries.flatMap((entry) => entry?.sha256 ?? []),
      crc32c: noted.get(relPath)?.crc32c,
    });
  }
  return result;
}

/**
 * The names that meta.json gives against those that are there, and their sizes; `sizeOf` gives
 * undefined for a file that is missing.
 */
export function checkListedFiles(
  meta: BlockMeta,
  found: {
    readonly segments: readonly string[];
    readonly sizeOf: (relPath: string) => number | undefined;
  },
  findings: Findings,
): void {
  const { segments, sizeOf } = found;
  const thanos = meta.thanos;
  if (thanos === undefined) return;
  const listed = new Set(thanos.files.map((file) => file.relPath));
  for (const name of [INDEX_FILE, ...segments]) {
    if (listed.size > 0 && !listed.has(name))
      findings.error(META_FILE, undefined, `thanos.files does not name ${name}`);
  }
  const inMeta = thanos.segmentFiles.map((name) => `${CHUNKS_DIR}/${name}`);
  if (inMeta.length > 0 && inMeta.join() !== segments.join())
    findings.error(META_FILE, undefined, `thanos.segment_files names ${inMeta.join(', ')}`);
  for (const [relPath, { sizesBytes }] of notedFiles(meta)) {
    const sizeBytes = sizeOf(relPath);
    if (sizeBytes === undefined) {
      findings.error(relPath, undefined, 'the file that meta.json names is missing');
      continue;
    }
    for (const noted of sizesBytes) {
      if (noted === sizeBytes) continue;
      const what = `it has ${sizeBytes} bytes, ${noted} by meta.json`;
      findings.error(relPath, Math.min(sizeBytes, noted), what);
    }
  }
}

/** Both hashes of a file, piece by piece. */
export class FileHash {
  readonly #sha256: Hash = createHash('sha256');
  #crc = 0;

  add(piece: Uint8Array): void {
    this.#sha256.update(piece);
    this.#crc = crc32c(piece, this.#crc);
  }

  /** Compares with what is noted of the file `relPath`. Call once, after the last piece. */
  check(relPath: string, noted: NotedFile, findings: Findings): void {
    const sha256 = this.#sha256.digest('hex');
    if (noted.sha256s.some((hash) => hash !== sha256))
      findings.error(relPath, undefined, 'its SHA-256 is not the one in meta.json');
    if (noted.crc32c !== undefined && noted.crc32c !== this.#crc.toString(16).padStart(8, '0'))
      findings.error(relPath, undefined, 'its CRC-32C is not the one in meta.json');
  }
}

/** Does meta.json note any hash of the file? */
export function hasHash(noted: NotedFile): boolean {
  return noted.sha256s.length > 0 || noted.crc32c !== undefined;
}
