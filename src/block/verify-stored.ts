// Verifies a block that lies elsewhere, in a bucket, say: the same checks as verify.ts, on the same
// bytes. The index is brought to the disk, then one chunk segment at a time; each is hashed on the
// way, so that every byte is fetched once and nothing is held in memory but a window.
//
// Invariant: what was brought is gone from the disk at the end, however it ends.

import type { FileSource } from './byte-source.ts';
import {
  bytesOf,
  Fetched,
  SegmentSupply,
  type StoredBlock,
  type StoredWorld,
} from './fetched-block.ts';
import { type BlockMeta, META_BYTES_MAX } from './meta/format.ts';
import { CHUNKS_DIR, INDEX_FILE, META_FILE, TOMBSTONES_FILE } from './paths.ts';
import { parseTombstones, TOMBSTONES_BYTES_MAX, type Tombstones } from './tombstones/format.ts';
import { checkContents } from './verify/check-contents.ts';
import {
  type BlockNames,
  checkListedFiles,
  checkMeta,
  checkNames,
  notedFiles,
} from './verify/check-files.ts';
import { type Finding, Findings } from './verify/findings.ts';

/** What is known of a block after it was verified. */
export interface StoredVerification {
  /** Undefined when meta.json could not be read. */
  readonly meta: BlockMeta | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Everything that is wrong with the block. Rejects only when the store or the disk does, with
 * `disk_full` when the disk has no room for the index and a segment.
 */
export async function verifyStored(
  block: StoredBlock,
  world: StoredWorld,
): Promise<StoredVerification> {
  const findings = new Findings();
  const fetched = new Fetched(block, world, findings);
  try {
    const metaBytes = await fetched.small(META_FILE, META_BYTES_MAX);
    const meta = checkMeta(() => bytesOf(metaBytes, META_FILE), block.ulid, findings);
    const segments = checkNames(namesOf(block), findings);
    if (meta !== undefined) {
      const sizeOf = (name: string): number | undefined => fetched.sizeOf(name);
      checkListedFiles(meta, { segments, sizeOf }, findings);
      fetched.noted = notedFiles(meta);
    }
    if (fetched.sizeOf(INDEX_FILE) !== undefined) await verifyContents(fetched, meta, segments);
    else await verifyHashes(fetched, segments);
    return { meta, findings: findings.list() };
  } finally {
    fetched.close();
  }
}

async function verifyContents(
  fetched: Fetched,
  meta: BlockMeta | undefined,
  names: readonly string[],
): Promise<void> {
  const tombstones = await readTombstones(fetched);
  const index = await fetched.source(INDEX_FILE);
  if (index === undefined) return;
  const segments = names.map((name) => ({
    name,
    sizeBytes: fetched.sizeOf(name) ?? 0,
    source: undefined as FileSource | undefined,
  }));
  const supply = new SegmentSupply(fetched, segments);
  for (const wanted of checkContents({ index, segments, meta, tombstones }, fetched.findings))
    await supply.bring(wanted);
}

/** What can be told of segments that no index describes. */
async function verifyHashes(fetched: Fetched, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const source = await fetched.source(name);
    if (source !== undefined) fetched.remove(source);
  }
}

async function readTombstones(fetched: Fetched): Promise<Tombstones | undefined> {
  if (fetched.sizeOf(TOMBSTONES_FILE) === undefined) return new Map();
  const bytes = await fetched.small(TOMBSTONES_FILE, TOMBSTONES_BYTES_MAX);
  return fetched.findings.attempt(TOMBSTONES_FILE, undefined, () =>
    parseTombstones(bytesOf(bytes, TOMBSTONES_FILE), TOMBSTONES_FILE),
  );
}

/** The names in a block, as a directory would list them. */
export function namesOf({ files }: StoredBlock): BlockNames {
  const inChunks = `${CHUNKS_DIR}/`;
  const names = new Map<string, boolean>();
  const chunkNames: string[] = [];
  for (const { name } of files) {
    const [first = '', ...rest] = name.split('/');
    // A store may have both `index` and `index/x`; then the one that should not be counts.
    names.set(first, (names.get(first) ?? false) || rest.length > 0);
    if (name.startsWith(inChunks)) chunkNames.push(name.slice(inChunks.length));
  }
  return {
    names: [...names].map(([name, isDirectory]) => ({ name, isDirectory })),
    chunkNames,
  };
}
