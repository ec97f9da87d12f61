// The blocks that wait for the bucket: how many, how large, since when. Kept by whoever ships, from
// what is listed, cut, uploaded and removed; the main thread and people ask for it.

import { ulidTimeMs } from '../base/model/ulid.ts';
import type { LocalBlock } from './local-block.ts';

/**
 * What the heads hold when writes end becomes blocks all the same: three hours of samples at most
 * (a window and the hour that it waits). Blocks of so long a time stand for that.
 */
const RESERVE_FROM_MS = 4 * 3_600_000;

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
  /** What the heads hold will be as many bytes, going by the last hours. */
  readonly reserveBytes: number;
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

interface Made {
  readonly madeMs: number;
  readonly sizeBytes: number;
}

interface Dir {
  readonly tenant: string;
  readonly waiting: Map<string, Entry>;
  /** Blocks that Varve made lately, by ULID, uploaded or not. */
  readonly made: Map<string, Made>;
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
    const made = new Map<string, Made>();
    for (const { ulid, files, minTimeMs, isForeign, isCompacted = false } of blocks) {
      const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
      const madeMs = ulidTimeMs(ulid) ?? 0;
      if (!isForeign) made.set(ulid, { madeMs, sizeBytes });
      if (uploaded.has(ulid)) continue;
      const kind = { isForeign, isCompacted };
      waiting.set(ulid, { ulid, tenant, sizeBytes, minTimeMs, sinceMs: madeMs, ...kind });
    }
    this.#dirs.set(dir, { tenant, waiting, made });
  }

  /** Forgets directories that are not there any more. */
  keepDirs(dirs: ReadonlySet<string>): void {
    for (const dir of this.#dirs.keys()) if (!dirs.has(dir)) this.#dirs.delete(dir);
  }

  /** A block was cut. */
  add(dir: string, block: Omit<WaitingBlock, 'sinceMs'>): void {
    const { tenant, ulid, sizeBytes } = block;
    const madeMs = ulidTimeMs(ulid) ?? 0;
    const one = this.#dirs.get(dir) ?? { tenant, waiting: new Map(), made: new Map() };
    const kind = { isForeign: false, isCompacted: false };
    one.waiting.set(ulid, { ...block, sinceMs: madeMs, ...kind });
    one.made.set(ulid, { madeMs, sizeBytes });
    this.#dirs.set(dir, one);
  }

  /** A block was uploaded, or is not there any more. */
  remove(dir: string, ulid: string): void {
    this.#dirs.get(dir)?.waiting.delete(ulid);
  }

  status(nowMs: number): QueueStatus {
    let [blocks, sizeBytes, reserveBytes] = [0, 0, 0];
    let oldest: WaitingBlock | undefined;
    for (const { waiting, made } of this.#dirs.values()) {
      for (const { isForeign, isCompacted: _, ...block } of waiting.values()) {
        blocks++;
        if (!isForeign) sizeBytes += block.sizeBytes;
        if (oldest === undefined || block.sinceMs < oldest.sinceMs) oldest = block;
      }
      for (const one of made.values())
        if (one.madeMs > nowMs - RESERVE_FROM_MS) reserveBytes += one.sizeBytes;
    }
    return { blocks, sizeBytes, reserveBytes, oldest };
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
