// The files of a block that lies elsewhere, brought to the disk: the index, and chunk segments as
// they are asked for, one at a time as long as nobody goes back. Each is hashed on the way.
//
// Invariant: what was brought is gone from the disk when it was let go of, or after `close`.

import { crc32c } from '../base/bytes/crc32c.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { collect } from '../base/runtime/file-pieces.ts';
import { FileSource } from './byte-source.ts';
import { blockFile } from './paths.ts';
import type { ChunkSegment } from './verify/check-chunks.ts';
import { FileHash, hasHash, type NotedFile } from './verify/check-files.ts';
import type { Findings } from './verify/findings.ts';

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

/** Brings segments as they are asked for, and lets those behind go. */
export class SegmentSupply {
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
export class Fetched {
  readonly findings: Findings;
  noted: ReadonlyMap<string, NotedFile> = new Map();
  readonly #block: StoredBlock;
  readonly #world: StoredWorld;
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #hashed = new Set<string>();
  readonly #paths = new Map<FileSource, string>();
  /** Of each file that came, the CRC-32C of what came first. */
  readonly #crcs = new Map<string, number>();
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

  /** Fetches a file once more: is it what came first? */
  async isTheSameAgain(name: string): Promise<boolean> {
    let crc: number | undefined = 0;
    try {
      for await (const piece of this.#block.read(name)) crc = crc32c(piece, crc);
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      crc = undefined;
    }
    return crc === this.#crcs.get(name);
  }

  close(): void {
    for (const source of [...this.#paths.keys()]) this.remove(source);
  }

  async #write(name: string, path: string, hash: FileHash): Promise<number> {
    const file = this.#world.disk.openSync(path, 'create');
    let got = 0;
    let crc = 0;
    try {
      for await (const piece of this.#block.read(name)) {
        file.write(piece, got);
        hash.add(piece);
        crc = crc32c(piece, crc);
        got += piece.length;
      }
      if (!this.#crcs.has(name)) this.#crcs.set(name, crc);
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

/** The bytes of a small file, or what is wrong with it thrown. */
export function bytesOf(read: Uint8Array | VarveError, name: string): Uint8Array {
  if (read instanceof VarveError) throw read;
  if (read.length === 0) throw new VarveError('damaged_block', `${name} is empty`);
  return read;
}
