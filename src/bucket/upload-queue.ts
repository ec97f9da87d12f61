// The blocks that wait for the bucket: how many, how large, since when, and why. Kept by whoever
// ships, from what is listed, cut, uploaded and removed; the main thread and people ask for it.

import type { ErrorCode } from '../base/errors/catalogue.ts';
import type { VarveError } from '../base/errors/varve-error.ts';
import { ulidTimeMs } from '../base/model/ulid.ts';
import { byCutting, type HeldRange, holderOf } from './hold-back.ts';
import type { LocalBlock } from './local-block.ts';

/** Of a chunk in a block, index included, until there is a block to go by. */
const CHUNK_BYTES = 256;

/** A block that waits. */
export interface WaitingBlock {
  readonly ulid: string;
  readonly tenant: string;
  readonly sizeBytes: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** When it was made. */
  readonly sinceMs: number;
}

/** How a block's upload went wrong the last time. */
export interface UploadFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** A block that waits, and why. */
export interface ExplainedBlock extends WaitingBlock {
  /** Undefined when it was not tried in the life of this process. */
  readonly failure: UploadFailure | undefined;
  /** For a reason of its own, others pass: it is tried again ever more seldom. */
  readonly failsAlone: boolean;
  /** The block that must be in the bucket first: hold-back.ts. */
  readonly heldBy: HolderView | undefined;
}

/** What another block waits for. */
export interface HolderView {
  readonly ulid: string;
  /** It was set aside or taken away: what the log has of it is cut again at the next start. */
  readonly isGone: boolean;
  /** Its own, or that of the block which it waits for in its turn. */
  readonly failure: UploadFailure | undefined;
}

/** What a directory holds. */
export interface DirToWait {
  readonly blocks: readonly LocalBlock[];
  readonly uploaded: ReadonlySet<string>;
  /** See VanishedBlocks; none by default. */
  readonly gone?: readonly HeldRange[];
}

/** A block that was cut. */
export interface CutToWait extends Omit<WaitingBlock, 'sinceMs'>, HeldRange {
  readonly numChunks: number;
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
  /** Of those: each waits for another one that was cut before it. */
  readonly held: number;
  /** Of those: each fails for a reason of its own. */
  readonly failing: number;
  readonly sizeBytes: number;
  /** Milliseconds since the one that waits longest was made; 0 when none waits. */
  readonly oldestAgeMs: number;
}

interface Entry extends WaitingBlock, HeldRange {
  readonly isForeign: boolean;
  readonly isCompacted: boolean;
}

interface Dir {
  readonly tenant: string;
  readonly waiting: Map<string, Entry>;
  readonly gone: readonly HeldRange[];
  /** Of all blocks that Varve made, uploaded or not. */
  madeBytes: number;
  madeChunks: number;
  /** By the ULID of who waits; undefined when it is to be found out anew. */
  holders: ReadonlyMap<string, HeldRange> | undefined;
}

/** See the head of the file. */
export class UploadQueue {
  readonly #dirs = new Map<string, Dir>();
  readonly #failures = new Map<string, UploadFailure>();
  readonly #failAlone = new Set<string>();

  /** What a directory holds now, in the place of what was known of it. */
  setDir(dir: string, tenant: string, { blocks, uploaded, gone = [] }: DirToWait): void {
    const waiting = new Map<string, Entry>();
    let [madeBytes, madeChunks] = [0, 0];
    for (const block of blocks) {
      const { ulid, files, isForeign, isCompacted = false, numChunks = 0 } = block;
      const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
      if (!isForeign) [madeBytes, madeChunks] = [madeBytes + sizeBytes, madeChunks + numChunks];
      if (uploaded.has(ulid)) continue;
      const { minTimeMs, maxTimeMs, cutAt } = block;
      const range = { ulid, minTimeMs, maxTimeMs, ...(cutAt === undefined ? {} : { cutAt }) };
      const madeMs = ulidTimeMs(ulid) ?? 0;
      const kind = { isForeign, isCompacted };
      waiting.set(ulid, { ...range, tenant, sizeBytes, sinceMs: madeMs, ...kind });
    }
    for (const ulid of this.#dirs.get(dir)?.waiting.keys() ?? [])
      if (!waiting.has(ulid)) this.#forget(ulid);
    this.#dirs.set(dir, { tenant, waiting, gone, madeBytes, madeChunks, holders: undefined });
  }

  /** Forgets directories that are not there any more. */
  keepDirs(dirs: ReadonlySet<string>): void {
    for (const [name, { waiting }] of this.#dirs) {
      if (dirs.has(name)) continue;
      for (const ulid of waiting.keys()) this.#forget(ulid);
      this.#dirs.delete(name);
    }
  }

  /** A block was cut. */
  add(dir: string, block: CutToWait): void {
    const { numChunks, ...cut } = block;
    const { tenant, ulid, sizeBytes } = cut;
    const made = { madeBytes: 0, madeChunks: 0 };
    const none: Dir = { tenant, waiting: new Map(), gone: [], ...made, holders: undefined };
    const one = this.#dirs.get(dir) ?? none;
    this.#dirs.set(dir, one);
    if (one.waiting.has(ulid)) return;
    const kind = { isForeign: false, isCompacted: false };
    one.waiting.set(ulid, { ...cut, sinceMs: ulidTimeMs(ulid) ?? 0, ...kind });
    one.madeBytes += sizeBytes;
    one.madeChunks += numChunks;
    one.holders = undefined;
  }

  /** A block was uploaded, or is not there any more. */
  remove(dir: string, ulid: string): void {
    this.#forget(ulid);
    const one = this.#dirs.get(dir);
    if (one?.waiting.delete(ulid) === true) one.holders = undefined;
  }

  /** Its upload went wrong. */
  noteFailure(dir: string, ulid: string, { code, message }: VarveError): void {
    if (this.#dirs.get(dir)?.waiting.has(ulid) === true)
      this.#failures.set(ulid, { code, message });
  }

  /** It went wrong for a reason of the block's own. */
  noteOwnFault(ulid: string): void {
    if (this.#failures.has(ulid)) this.#failAlone.add(ulid);
  }

  status(): QueueStatus {
    let [blocks, sizeBytes, madeBytes, madeChunks] = [0, 0, 0, 0];
    let oldest: WaitingBlock | undefined;
    for (const dir of this.#dirs.values()) {
      madeBytes += dir.madeBytes;
      madeChunks += dir.madeChunks;
      for (const block of dir.waiting.values()) {
        blocks++;
        if (!block.isForeign) sizeBytes += block.sizeBytes;
        if (oldest === undefined || block.sinceMs < oldest.sinceMs) oldest = plain(block);
      }
    }
    const bytesPerChunk = madeChunks === 0 ? CHUNK_BYTES : madeBytes / madeChunks;
    return { blocks, sizeBytes, bytesPerChunk, oldest };
  }

  /** By tenant; those of whom nothing waits are in it. */
  byTenant(nowMs: number): ReadonlyMap<string, TenantQueue> {
    const tenants = new Map<string, TenantQueue>();
    for (const dir of this.#dirs.values()) {
      const { tenant, waiting } = dir;
      const before = tenants.get(tenant) ?? NOTHING_WAITS;
      let { blocks, compacted, failing, sizeBytes, oldestAgeMs } = before;
      const held = before.held + holdersIn(dir).size;
      for (const block of waiting.values()) {
        blocks++;
        if (this.#failAlone.has(block.ulid)) failing++;
        if (block.isCompacted) compacted++;
        sizeBytes += block.sizeBytes;
        oldestAgeMs = Math.max(oldestAgeMs, nowMs - block.sinceMs);
      }
      tenants.set(tenant, { blocks, compacted, held, failing, sizeBytes, oldestAgeMs });
    }
    return tenants;
  }

  /** At most `limit` of those that wait, the oldest first, with what each waits for. */
  explained(limit: number): readonly ExplainedBlock[] {
    const all = [...this.#dirs.values()].flatMap((dir) =>
      [...dir.waiting.values()].map((block) => ({ dir, block })),
    );
    all.sort((a, b) => (a.block.ulid < b.block.ulid ? -1 : 1));
    return all.slice(0, limit).map(({ dir, block }) => ({
      ...plain(block),
      failure: this.#failures.get(block.ulid),
      failsAlone: this.#failAlone.has(block.ulid),
      heldBy: this.#holder(dir, block.ulid),
    }));
  }

  #holder(dir: Dir, ulid: string): HolderView | undefined {
    const holders = holdersIn(dir);
    const holder = holders.get(ulid);
    if (holder === undefined) return undefined;
    // Along those that wait themselves, to the one that all of them wait for.
    let last = holder;
    for (let next = holders.get(last.ulid); next !== undefined; next = holders.get(last.ulid))
      last = next;
    const isGone = dir.gone.some((one) => one.ulid === last.ulid);
    return { ulid: holder.ulid, isGone, failure: this.#failures.get(last.ulid) };
  }

  #forget(ulid: string): void {
    this.#failures.delete(ulid);
    this.#failAlone.delete(ulid);
  }
}

const NOTHING_WAITS: TenantQueue = {
  blocks: 0,
  compacted: 0,
  held: 0,
  failing: 0,
  sizeBytes: 0,
  oldestAgeMs: 0,
};

/** Who waits for whom. */
function holdersIn(dir: Dir): ReadonlyMap<string, HeldRange> {
  if (dir.holders !== undefined) return dir.holders;
  const holders = new Map<string, HeldRange>();
  const missing = [...dir.gone, ...dir.waiting.values()].sort(byCutting);
  for (const block of dir.waiting.values()) {
    const holder = holderOf(block, missing);
    if (holder !== undefined) holders.set(block.ulid, holder);
  }
  dir.holders = holders;
  return holders;
}

/** What is told to others of it. */
function plain({ ulid, tenant, sizeBytes, minTimeMs, maxTimeMs, sinceMs }: Entry): WaitingBlock {
  return { ulid, tenant, sizeBytes, minTimeMs, maxTimeMs, sinceMs };
}
