// The blocks that wait for the bucket: how many, how large, since when. Kept by whoever ships, from
// what is listed, cut, uploaded and removed; the main thread and people ask for it.

import { ulidTimeMs } from '../base/model/ulid.ts';
import type { LocalBlock } from './local-block.ts';

/** Of a chunk in a block, index included, until there is a block to go by. */
const CHUNK_BYTES = 256;

/** A block that waits. */
export interface WaitingBlock {
  readonly ulid: string;
  readonly tenant: string;
  readonly sizeBytes: number;
  readonly minTimeMs: number;
  /** When it was made. */
  readonly sinceMs: number;
}

/** The queue at one moment. */
export interface QueueStatus {
  readonly blocks: number;
  /** Of blocks that Varve made; those that a Prometheus left were there before, and do not grow. */
  readonly sizeBytes: number;
  /** How large a chunk is in a block, index included, going by the blocks on disk. */
  readonly bytesPerChunk: number;
  /** The one that waits longest. */
  readonly oldest: WaitingBlock | undefined;
}

/** What waits of one tenant, for metrics. */
export interface TenantQueue {
  readonly blocks: number;
  /** Of those: merged of others. */
  readonly compacted: number;
  readonly sizeBytes: number;
  /** Milliseconds since the one that waits longest was made; 0 when none waits. */
  readonly oldestAgeMs: number;
}

interface Entry extends WaitingBlock {
  readonly isForeign: boolean;
  readonly isCompacted: boolean;
}

interface Dir {
  readonly tenant: string;
  readonly waiting: Map<string, Entry>;
  /** Of all blocks that Varve made, uploaded or not. */
  madeBytes: number;
  madeChunks: number;
}

/** See the head of the file. */
export class UploadQueue {
  readonly #dirs = new Map<string, Dir>();

  /** What a directory holds now, in the place of what was known of it. */
  setDir(
    dir: string,
    tenant: string,
    { blocks, uploaded }: { blocks: readonly LocalBlock[]; uploaded: ReadonlySet<string> },
  ): void {
    const waiting = new Map<string, Entry>();
    let [madeBytes, madeChunks] = [0, 0];
    for (const block of blocks) {
      const { ulid, files, minTimeMs, isForeign, isCompacted = false, numChunks = 0 } = block;
      const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
      if (!isForeign) [madeBytes, madeChunks] = [madeBytes + sizeBytes, madeChunks + numChunks];
      if (uploaded.has(ulid)) continue;
      const madeMs = ulidTimeMs(ulid) ?? 0;
      const kind = { isForeign, isCompacted };
      waiting.set(ulid, { ulid, tenant, sizeBytes, minTimeMs, sinceMs: madeMs, ...kind });
    }
    this.#dirs.set(dir, { tenant, waiting, madeBytes, madeChunks });
  }

  /** Forgets directories that are not there any more. */
  keepDirs(dirs: ReadonlySet<string>): void {
    for (const dir of this.#dirs.keys()) if (!dirs.has(dir)) this.#dirs.delete(dir);
  }

  /** A block was cut. */
  add(dir: string, block: Omit<WaitingBlock, 'sinceMs'> & { readonly numChunks: number }): void {
    const { numChunks, ...cut } = block;
    const { tenant, ulid, sizeBytes } = cut;
    const none = { tenant, waiting: new Map(), madeBytes: 0, madeChunks: 0 };
    const one = this.#dirs.get(dir) ?? none;
    this.#dirs.set(dir, one);
    if (one.waiting.has(ulid)) return;
    const kind = { isForeign: false, isCompacted: false };
    one.waiting.set(ulid, { ...cut, sinceMs: ulidTimeMs(ulid) ?? 0, ...kind });
    one.madeBytes += sizeBytes;
    one.madeChunks += numChunks;
  }

  /** A block was uploaded, or is not there any more. */
  remove(dir: string, ulid: string): void {
    this.#dirs.get(dir)?.waiting.delete(ulid);
  }

  status(): QueueStatus {
    let [blocks, sizeBytes, madeBytes, madeChunks] = [0, 0, 0, 0];
    let oldest: WaitingBlock | undefined;
    for (const dir of this.#dirs.values()) {
      madeBytes += dir.madeBytes;
      madeChunks += dir.madeChunks;
      for (const { isForeign, isCompacted: _, ...block } of dir.waiting.values()) {
        blocks++;
        if (!isForeign) sizeBytes += block.sizeBytes;
        if (oldest === undefined || block.sinceMs < oldest.sinceMs) oldest = block;
      }
    }
    const bytesPerChunk = madeChunks === 0 ? CHUNK_BYTES : madeBytes / madeChunks;
    return { blocks, sizeBytes, bytesPerChunk, oldest };
  }

  /** By tenant; those of whom nothing waits are in it. */
  byTenant(nowMs: number): ReadonlyMap<string, TenantQueue> {
    const tenants = new Map<string, TenantQueue>();
    for (const { tenant, waiting } of this.#dirs.values()) {
      const before = tenants.get(tenant) ?? NOTHING_WAITS;
      let { blocks, compacted, sizeBytes, oldestAgeMs } = before;
      for (const block of waiting.values()) {
        blocks++;
        if (block.isCompacted) compacted++;
        sizeBytes += block.sizeBytes;
        oldestAgeMs = Math.max(oldestAgeMs, nowMs - block.sinceMs);
      }
      tenants.set(tenant, { blocks, compacted, sizeBytes, oldestAgeMs });
    }
    return tenants;
  }
}

const NOTHING_WAITS: TenantQueue = { blocks: 0, compacted: 0, sizeBytes: 0, oldestAgeMs: 0 };
