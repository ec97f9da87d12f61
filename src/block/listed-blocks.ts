// The blocks in data directories, as reads list them: what was read of a meta.json is kept from one
// read to the next, so that a block costs a look at the file and not its reading and parsing.
//
// Invariant: a list is of what is in the directory now, as `listBlockMetas` would have it. A block
// that was seen before is believed only while its meta.json is there, with the same size and
// modification time. Times and resolution of a ULID never change, whoever writes the file again.

import { asVarveError, type VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { BlockToRead } from '../query/open-streams.ts';
import { blockPaths, readOwnMeta } from './local-blocks.ts';
import { blockFile, META_FILE } from './paths.ts';

/** Blocks kept, of all directories together; about 300 bytes each. */
const BLOCKS_KEPT_MAX = 50_000;

interface KeptBlock {
  /** Of its meta.json, looked at before that was read. */
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly block: BlockToRead;
}

/** See the head of the file. A thread has one. */
export class ListedBlocks {
  readonly #disk: Disk;
  readonly #keptMax: number;
  /** By directory, the one listed last at the end; in it by the block's path. */
  readonly #dirs = new Map<string, ReadonlyMap<string, KeptBlock>>();
  #keptCount = 0;

  constructor(disk: Disk, keptMax = BLOCKS_KEPT_MAX) {
    this.#disk = disk;
    this.#keptMax = keptMax;
  }

  /** How many blocks are kept. */
  get keptCount(): number {
    return this.#keptCount;
  }

  /** The blocks in `dir`, by ULID; `onDamaged` is told of each that is none. */
  list(dir: string, onDamaged: (path: string, error: VarveError) => void): readonly BlockToRead[] {
    const before = this.#dirs.get(dir);
    const found = new Map<string, KeptBlock>();
    for (const path of blockPaths(this.#disk, dir)) {
      try {
        found.set(path, this.#look(path, before?.get(path)));
      } catch (thrown) {
        onDamaged(path, asVarveError(thrown));
      }
    }
    this.#keep(dir, found);
    return Array.from(found.values(), ({ block }) => block);
  }

  #look(path: string, before: KeptBlock | undefined): KeptBlock {
    // First the look, then the reading: a file that changes in between is read again next time.
    const { sizeBytes = 0, modifiedMs = 0 } = this.#disk.stat(blockFile(path, META_FILE)) ?? {};
    const isSame = before?.sizeBytes === sizeBytes && before.modifiedMs === modifiedMs;
    if (before !== undefined && isSame && sizeBytes > 0) return before;
    const { ulid, minTimeMs, maxTimeMs, thanos } = readOwnMeta(this.#disk, path);
    const block = { ulid, minTimeMs, maxTimeMs, resolutionMs: thanos?.resolutionMs ?? 0 };
    return { sizeBytes, modifiedMs, block };
  }

  /** Keeps what was found, and lets go of directories that were not listed for the longest time. */
  #keep(dir: string, found: ReadonlyMap<string, KeptBlock>): void {
    this.#forget(dir);
    if (found.size === 0 || found.size > this.#keptMax) return;
    this.#dirs.set(dir, found);
    this.#keptCount += found.size;
    for (const oldest of this.#dirs.keys()) {
      if (this.#keptCount <= this.#keptMax) return;
      this.#forget(oldest);
    }
  }

  #forget(dir: string): void {
    this.#keptCount -= this.#dirs.get(dir)?.size ?? 0;
    this.#dirs.delete(dir);
  }
}
