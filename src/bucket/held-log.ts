// Tells once of each block that waits for another, when that one does not just come before it in
// the queue.

import type { Logger } from '../base/observe/logger.ts';
import type { LocalBlock } from './local-block.ts';

/** A block that waits. */
export interface ToldHeld {
  readonly tenant: string | undefined;
  readonly block: LocalBlock;
  readonly heldBy: LocalBlock;
  /** See VanishedBlocks. */
  readonly isGone: boolean;
}

/** See the head of the file. */
export class HeldLog {
  readonly #logger: Logger;
  #told: ReadonlySet<string> = new Set();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** All that wait at the end of a round; those that were told the last time are not told again. */
  tell(held: readonly ToldHeld[]): void {
    const told = new Set<string>();
    for (const { block, heldBy, isGone, tenant } of held) {
      const key = `${heldBy.ulid}${isGone ? ' (gone)' : ''} < ${block.ulid}`;
      told.add(key);
      if (this.#told.has(key)) continue;
      const what = isGone
        ? 'block waits: one cut before it for the same time is gone; the next start cuts it again'
        : 'block waits: one cut before it for the same time is not in the bucket';
      this.#logger.warn(what, { tenant, block: block.ulid, held_by: heldBy.ulid });
    }
    this.#told = told;
  }
}
