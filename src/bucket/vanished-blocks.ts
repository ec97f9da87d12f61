// Blocks that left a directory before they were in the bucket: set aside because of damage, or
// taken away by somebody. What the log has of them is cut again at the next start, not before.
// Until then they hold back what overlaps them (hold-back.ts): a block that was cut later was cut
// without their samples, and in the bucket a restore would take it for one that has them.
//
// This is so from the moment on at which the engine has read the logs and knows what the blocks
// cover. What it sets aside itself while it reads them, or finds gone, it cuts again in this life.

import type { LocalBlock } from './local-block.ts';

type ByUlid = Map<string, LocalBlock>;

/** See the head of the file. */
export class VanishedBlocks {
  /** By directory: what waited when it was listed last, and what has gone. */
  readonly #dirs = new Map<string, { readonly waiting: ByUlid; readonly gone: ByUlid }>();

  /**
   * Takes in what a directory holds now, after the logs were read. Returns what has gone of what
   * waited, as far as the log still had its samples: else there is nothing to come back.
   */
  listed(
    dir: string,
    { blocks, uploaded }: { blocks: readonly LocalBlock[]; uploaded: ReadonlySet<string> },
  ): readonly LocalBlock[] {
    const before = this.#dirs.get(dir);
    const there = new Set(blocks.map(({ ulid }) => ulid));
    const isGone = ({ ulid }: LocalBlock): boolean => !there.has(ulid) && !uploaded.has(ulid);
    const fromLog = [...(before?.waiting.values() ?? [])].filter(({ coversLog }) => coversLog);
    const gone = [...(before?.gone.values() ?? []), ...fromLog].filter(isGone);
    const waiting = blocks.filter(({ ulid }) => !uploaded.has(ulid));
    this.#dirs.set(dir, { waiting: byUlid(waiting), gone: byUlid(gone) });
    return gone;
  }

  /** It is in the bucket: it may go. */
  uploaded(dir: string, ulid: string): void {
    this.#dirs.get(dir)?.waiting.delete(ulid);
  }
}

function byUlid(blocks: readonly LocalBlock[]): ByUlid {
  return new Map(blocks.map((block) => [block.ulid, block]));
}
