// Uploads blocks through everything that stands around an adapter while the store misbehaves, and
// judges what is in the bucket in the end: no block lost, none taken for whole that is not, nothing
// left over after the sweep.

import { asVarveError } from '../../../src/base/errors/varve-error.ts';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import { blockKey, blockPrefix, META_FILE } from '../../../src/bucket/layout.ts';
import type { OpenedStore } from '../../../src/bucket/open-store.ts';
import { uploadBlock } from '../../../src/bucket/upload.ts';
import { eachObject } from '../each-object.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { CampaignBlock, CampaignBlocks } from './campaign-blocks.ts';

/** A store that misbehaves, and the way past what makes it do so. */
export interface MisbehavingStore {
  /** All that stands around an adapter, and the faults behind it. */
  readonly store: OpenedStore;
  /** The same objects without faults. */
  readonly direct: Bucket;
  /** Faults met until now, by name. */
  faults(): ReadonlyMap<string, number>;
  /** No fault from now on; resolves when what was put off is done. */
  calm(): Promise<void>;
  /** What puts that were cut off left, and no listing shows: unfinished uploads, temporary files. */
  unfinished(): Promise<number>;
}

export interface CampaignOptions {
  readonly blocks: CampaignBlocks;
  readonly random: SeededRandom;
  /** Ends when so many faults were met. */
  readonly faultsWanted: number;
  /** Uploads at once. */
  readonly workers: number;
}

/** What came of it. */
export interface CampaignResult {
  readonly uploaded: number;
  readonly givenUp: number;
  /** Rounds in which an upload failed and was tried again, by error code. */
  readonly failures: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, number>;
  /** Each has to be empty. */
  readonly lost: readonly string[];
  readonly falselyWhole: readonly string[];
  readonly orphans: readonly string[];
  readonly unfinished: number;
}

/** A block that takes more rounds than this is stuck. */
const ROUNDS_MAX = 100;
/** One of so many is given up after its first failure, as one whose local copy was damaged. */
const GIVEN_UP_ONE_OF = 12;
const OBJECT_BYTES_MAX = 64 * 1024 * 1024;

/** See the head of the file. */
export async function runCampaign(
  world: MisbehavingStore,
  options: CampaignOptions,
): Promise<CampaignResult> {
  const campaign = new Campaign(world, options);
  await Promise.all(Array.from({ length: options.workers }, () => campaign.work()));
  return campaign.judge();
}

/** Sum of the counts. */
export function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

class Campaign {
  readonly #world: MisbehavingStore;
  readonly #options: CampaignOptions;
  readonly #failures = new Map<string, number>();
  readonly #uploaded: CampaignBlock[] = [];
  readonly #givenUp: CampaignBlock[] = [];
  /** Found while it ran. */
  readonly #falselyWhole: string[] = [];

  constructor(world: MisbehavingStore, options: CampaignOptions) {
    this.#world = world;
    this.#options = options;
  }

  async work(): Promise<void> {
    while (total(this.#world.faults()) < this.#options.faultsWanted) {
      const one = this.#options.blocks.next();
      const mayGiveUp = this.#options.random.between(0, GIVEN_UP_ONE_OF) === 0;
      if (await this.#upload(one, mayGiveUp)) this.#uploaded.push(one);
      else this.#givenUp.push(one);
      await this.#look(one);
    }
  }

  async judge(): Promise<CampaignResult> {
    const { direct, calm, faults, unfinished } = this.#world;
    const met = new Map(faults());
    await calm();
    await this.#sweep();
    const wanted = new Map<string, Uint8Array>();
    for (const { block, contents } of this.#uploaded) {
      for (const [name, bytes] of contents) wanted.set(blockKey(block.ulid, name), bytes);
    }
    const lost: string[] = [];
    for (const [key, bytes] of wanted) {
      if (!(await holds(direct, key, bytes))) lost.push(key);
    }
    for (const one of [...this.#uploaded, ...this.#givenUp]) await this.#look(one);
    const orphans: string[] = [];
    for await (const { key } of eachObject(direct.list('')))
      if (!wanted.has(key)) orphans.push(key);
    return {
      uploaded: this.#uploaded.length,
      givenUp: this.#givenUp.length,
      failures: this.#failures,
      faults: met,
      lost,
      falselyWhole: this.#falselyWhole,
      orphans,
      unfinished: await unfinished(),
    };
  }

  /** Round after round, as the shipper does; false when it was given up. */
  async #upload({ block, disk }: CampaignBlock, mayGiveUp: boolean): Promise<boolean> {
    const bucket = this.#world.store.bucketFor('ship');
    for (let round = 0; round < ROUNDS_MAX; round++) {
      try {
        await uploadBlock(bucket, disk, block);
        return true;
      } catch (thrown) {
        const { code, message } = asVarveError(thrown);
        if (code === 'internal' || code === 'damaged_block') throw thrown;
        // The store's fault, whichever: it says so, or gave or took other bytes.
        this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
        if (round === ROUNDS_MAX - 1) throw new Error(`${block.ulid} is stuck: ${message}`);
        // What came over damaged is never left as it is.
        if (mayGiveUp && code !== 'damaged_object' && code !== 'already_exists') return false;
      }
    }
    return false;
  }

  /** Whoever lists the bucket takes a block with a meta.json for whole. */
  async #look({ block, contents }: CampaignBlock): Promise<void> {
    const { direct } = this.#world;
    if (!(await direct.exists(blockKey(block.ulid, META_FILE)))) return;
    for (const [name, bytes] of contents) {
      const key = blockKey(block.ulid, name);
      if (!(await holds(direct, key, bytes))) this.#falselyWhole.push(key);
    }
  }

  /** What is left of each block; and all of those that were given up, meta.json first. */
  async #sweep(): Promise<void> {
    const bucket = this.#world.store.bucketFor('tool');
    for (const { block } of [...this.#uploaded, ...this.#givenUp]) {
      await bucket.removeUnfinished(blockPrefix(block.ulid));
    }
    for (const { block } of this.#givenUp) {
      const keys = [blockKey(block.ulid, META_FILE)];
      for await (const { key } of eachObject(bucket.list(blockPrefix(block.ulid)))) keys.push(key);
      for (const key of keys) await bucket.delete(key);
    }
  }
}

async function holds(bucket: Bucket, key: string, bytes: Uint8Array): Promise<boolean> {
  try {
    const stored = await collect(bucket.get(key), OBJECT_BYTES_MAX, key);
    return Buffer.compare(stored, bytes) === 0;
  } catch (thrown) {
    if (asVarveError(thrown).kind === 'not_found') return false;
    throw thrown;
  }
}
