// Verifies a block that lies elsewhere, in a bucket, say: the same checks as verify.ts, on the same
// bytes. The index is brought to the disk, then one chunk segment at a time; each is hashed on the
// way, so that every byte is fetched once and nothing is held in memory but a window.
//
// Invariant: what was brought is gone from the disk at the end, however it ends.

import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { collect } from '../base/runtime/file-pieces.ts';
import { FileSource } from './byte-source.ts';
import { type BlockMeta, META_BYTES_MAX } from './meta/format.ts';
import { blockFile, CHUNKS_DIR, INDEX_FILE, META_FILE, TOMBSTONES_FILE } from './paths.ts';
import { parseTombstones, TOMBSTONES_BYTES_MAX, type Tombstones } from './tombstones/format.ts';
import type { ChunkSegment } from './verify/check-chunks.ts';
import { checkContents } from './verify/check-contents.ts';
import {
  type BlockNames,
  checkListedFiles,
  checkMeta,
  checkNames,
  FileHash,
  hasHash,
  type NotedFile,
  notedFiles,
} from './verify/check-files.ts';
import { type Finding, Findings } from './verify/findings.ts';

/** A block's files where they are kept. */
export interface StoredBlock {
  readonly ulid: string;
  /** All files, by their names within the block (`chunks/000001`), in byte order. */
  readonly files: readonly { readonly name: string; readonly sizeBytes: number }[];
  /** The bytes of a file; `not_found` when it is gone. */
  read(name: string): AsyncIterable<Uint8Array>;
}

/** What verifying works with. */
export interface StoredWorld {
  readonly disk: Disk;
  /** An empty directory for what is fetched. */
  readonly workDir: string;
}

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

/** Brings segments as they are asked for, and lets those behind go. */
class SegmentSupply {
  readonly #fetched: Fetched;
  readonly #segments: readonly (ChunkSegment & { source: FileSource | undefined })[];
  readonly #broughtOnce = new Set<number>();
  /**
   * An index whose chunks go back to a segment that was let go is not as anybody writes it: then
   * all are kept, so that no index can make us fetch a segment without end.
   */
  #keepsAll = false;

  constructor(
    fetched: Fetched,
    segments: readonly (ChunkSegment & { source: FileSource | undefined })[],
  ) {
    this.#fetched = fetched;
    this.#segments = segments;
  }

  async bring(number: number): Promise<void> {
    const segment = this.#segments.at(number);
    if (segment === undefined || segment.source !== undefined) return;
    if (this.#broughtOnce.has(number)) this.#keepsAll = true;
    this.#broughtOnce.add(number);
    if (!this.#keepsAll) this.#letGo();
    segment.source = await this.#fetched.source(segment.name);
    // One that vanished while the block was read: empty, so that its chunks are told of.
    segment.source ??= this.#fetched.empty(segment.name);
  }

  #letGo(): void {
    for (const segment of this.#segments) {
      if (segment.source === undefined) continue;
      this.#fetched.remove(segment.source);
      segment.source = undefined;
    }
  }
}

/** Files that were brought to the disk. */
class Fetched {
  readonly findings: Findings;
  noted: ReadonlyMap<string, NotedFile> = new Map();
  readonly #block: StoredBlock;
  readonly #world: StoredWorld;
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #hashed = new Set<string>();
  readonly #paths = new Map<FileSource, string>();
  #made = 0;

  constructor(block: StoredBlock, world: StoredWorld, findings: Findings) {
    this.#block = block;
    this.#world = world;
    this.findings = findings;
    this.#sizes = new Map(block.files.map(({ name, sizeBytes }) => [name, sizeBytes]));
  }

  sizeOf(name: string): number | undefined {
    return this.#sizes.get(name);
  }

  /** A small file as bytes; what is damaged about it instead, to be thrown where it is read. */
  async small(name: string, bytesMax: number): Promise<Uint8Array | VarveError> {
    const sizeBytes = this.sizeOf(name);
    if (sizeBytes === undefined) return new VarveError('not_found', `there is no ${name}`);
    if (sizeBytes > bytesMax)
      return new VarveError('damaged_block', `${name} has ${sizeBytes} bytes`);
    try {
      return await collect(this.#block.read(name), bytesMax, name);
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      return thrown;
    }
  }

  /** The file on the disk; undefined, and a finding, when it is gone. */
  async source(name: string): Promise<FileSource | undefined> {
    const sizeBytes = this.sizeOf(name) ?? 0;
    this.#checkRoom(name, sizeBytes);
    const path = this.#newPath();
    const hash = new FileHash();
    let got: number;
    try {
      got = await this.#write(name, path, hash);
    } catch (thrown) {
      this.#world.disk.removeFile(path);
      if (!isDamage(thrown)) throw thrown;
      const what = thrown.kind === 'not_found' ? 'the file is missing' : thrown.message;
      this.findings.error(name, undefined, what);
      return undefined;
    }
    if (got !== sizeBytes) {
      const what = `the store gave ${got} bytes and lists ${sizeBytes}`;
      this.findings.error(name, Math.min(got, sizeBytes), what);
    }
    const noted = this.noted.get(name);
    if (noted !== undefined && hasHash(noted) && !this.#hashed.has(name))
      hash.check(name, noted, this.findings);
    this.#hashed.add(name);
    return this.#open(path, name);
  }

  /** A file without a byte under this name. */
  empty(name: string): FileSource {
    const path = this.#newPath();
    this.#world.disk.openSync(path, 'create').close();
    return this.#open(path, name);
  }

  remove(source: FileSource): void {
    source.close();
    const path = this.#paths.get(source);
    this.#paths.delete(source);
    if (path !== undefined) this.#world.disk.removeFile(path);
  }

  close(): void {
    for (const source of [...this.#paths.keys()]) this.remove(source);
  }

  async #write(name: string, path: string, hash: FileHash): Promise<number> {
    const file = this.#world.disk.openSync(path, 'create');
    let got = 0;
    try {
      for await (const piece of this.#block.read(name)) {
        file.write(piece, got);
        hash.add(piece);
        got += piece.length;
      }
    } finally {
      file.close();
    }
    return got;
  }

  #checkRoom(name: string, sizeBytes: number): void {
    const { disk, workDir } = this.#world;
    const free = disk.freeBytes(workDir);
    if (sizeBytes <= free) return;
    const what = `${name} of ${sizeBytes} bytes has no room in ${workDir}, which has ${free} left`;
    throw new VarveError('disk_full', what);
  }

  #newPath(): string {
    return blockFile(this.#world.workDir, `file-${++this.#made}`);
  }

  #open(path: string, name: string): FileSource {
    const source = new FileSource(this.#world.disk, path, name);
    this.#paths.set(source, path);
    return source;
  }
}

/** Is it the block's fault, and not the store's, the disk's or ours? */
function isDamage(thrown: unknown): thrown is VarveError {
  return thrown instanceof VarveError && (thrown.kind === 'damaged' || thrown.kind === 'not_found');
}

function bytesOf(read: Uint8Array | VarveError, name: string): Uint8Array {
  if (read instanceof VarveError) throw read;
  if (read.length === 0) throw new VarveError('damaged_block', `${name} is empty`);
  return read;
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
