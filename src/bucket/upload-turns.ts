// Whose turn it is within a round: blocks in the order in which they were cut, of each directory
// one at a time, those that fail by themselves last, and none that waits for another.

import type { FailingBlocks } from './failing-blocks.ts';
import { byCutting, holderOf } from './hold-back.ts';
import type { LocalBlock } from './local-block.ts';
import { type DirToShip, type PlannedUpload, planUploads } from './plan-local.ts';

/** A directory of a round. */
export interface DirWithTurns extends DirToShip {
  /** See VanishedBlocks. */
  readonly gone: readonly LocalBlock[];
}

export interface UploadTurnsOptions {
  readonly failing: FailingBlocks;
  /** False for what is not to be tried in this round. */
  readonly isDue: (block: LocalBlock) => boolean;
}

/** A block that waits for another. */
export interface HeldBlock<D> {
  readonly from: D;
  readonly block: LocalBlock;
  readonly heldBy: LocalBlock;
}

/** See the head of the file. */
export class UploadTurns<D extends DirWithTurns> {
  readonly #failing: FailingBlocks;
  #left: readonly PlannedUpload<D>[];
  readonly #busy = new Set<D>();
  /** Of each directory, in the order of cutting: what is not in the bucket. */
  readonly #missing = new Map<D, LocalBlock[]>();

  constructor(dirs: readonly D[], { failing, isDue }: UploadTurnsOptions) {
    this.#failing = failing;
    const planned = planUploads(dirs);
    for (const dir of dirs) this.#missing.set(dir, [...dir.gone]);
    for (const { from, block } of planned) this.#missing.get(from)?.push(block);
    for (const missing of this.#missing.values()) missing.sort(byCutting);
    failing.keep(new Set(planned.map(({ block }) => block.ulid)));
    const due = planned.filter(({ block }) => isDue(block));
    const isLast = ({ block }: PlannedUpload<D>): boolean => failing.isOwn(block.ulid);
    this.#left = [...due.filter((one) => !isLast(one)), ...due.filter(isLast)];
  }

  /** Undefined when none can be begun now: whoever is busy goes on with what is left. */
  peek(): PlannedUpload<D> | undefined {
    const isFree = (one: PlannedUpload<D>): boolean =>
      !this.#busy.has(one.from) && this.#holderOf(one) === undefined;
    return this.#failing.choose(this.#left, { isFree, ulidOf: ({ block }) => block.ulid });
  }

  begin(one: PlannedUpload<D>): void {
    this.#left = this.#left.filter((other) => other !== one);
    this.#busy.add(one.from);
  }

  /** @param isInBucket what waited for it may go */
  end({ from, block }: PlannedUpload<D>, isInBucket: boolean): void {
    this.#busy.delete(from);
    if (!isInBucket) return;
    const missing = this.#missing.get(from) ?? [];
    this.#missing.set(
      from,
      missing.filter((other) => other !== block),
    );
  }

  /** What was not tried, for another's sake. */
  held(): readonly HeldBlock<D>[] {
    return this.#left.flatMap((one) => {
      const heldBy = this.#holderOf(one);
      return heldBy === undefined ? [] : [{ ...one, heldBy }];
    });
  }

  #holderOf({ from, block }: PlannedUpload<D>): LocalBlock | undefined {
    return holderOf(block, this.#missing.get(from) ?? []);
  }
}
