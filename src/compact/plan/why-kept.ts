// Why a block stays as it is, in a stable word and a sentence.

import { timeText } from '../../base/model/time-text.ts';
import type { ViewedBlock } from '../../bucket/block-view.ts';
import type { KeptBlock } from '../planned-job.ts';
import type { LayerCompaction } from './compaction.ts';
import { highTimeMs } from './levels.ts';
import { isSetAside } from './soundness.ts';

/** Says of a layer's blocks why each stays. */
export class WhyKept {
  readonly #waiting: ReadonlyMap<string, number>;
  readonly #newest: ReadonlySet<string>;
  readonly #overlapping: ReadonlySet<string>;
  readonly #highTimeMs: number;
  readonly #rangeMs: number;

  /** @param levelRangesMs the largest of them says which ranges are still open */
  constructor({ items, waiting }: LayerCompaction, levelRangesMs: readonly number[]) {
    this.#waiting = waiting;
    this.#newest = new Set(items.at(-1)?.blocks.map(({ ulid }) => ulid));
    this.#highTimeMs = highTimeMs(items);
    this.#rangeMs = levelRangesMs.at(-1) ?? 1;
    const blocks = items.flatMap((item) => item.blocks);
    this.#overlapping = overlapping(blocks);
  }

  /** Of a block that no job takes. */
  of(block: ViewedBlock): KeptBlock {
    const [reason, why] = this.#say(block);
    return { ulid: block.ulid, reason, why, isOverdue: false };
  }

  #say(block: ViewedBlock): readonly [reason: string, why: string] {
    const { ulid, marks, maxTimeMs } = block;
    const { noCompact } = marks;
    if (noCompact !== undefined) {
      const details = noCompact.details === '' ? '' : `: ${noCompact.details}`;
      const reason = isSetAside(block) ? 'set-aside' : 'no-compact';
      return [reason, `has a no-compact mark (${noCompact.reason})${details}`];
    }
    const untilMs = this.#waiting.get(ulid);
    if (untilMs !== undefined)
      return ['late', `overlaps others and waits for more late samples until ${timeText(untilMs)}`];
    if (this.#overlapping.has(ulid))
      return ['overlap', 'overlaps others of its layer, and stays beside them'];
    if (this.#newest.has(ulid)) return ['newest', 'is the newest of its group'];
    const rangeEndMs = this.#rangeMs * Math.ceil(maxTimeMs / this.#rangeMs);
    if (rangeEndMs > this.#highTimeMs)
      return ['range-open', `others may still come before ${timeText(rangeEndMs)}`];
    return ['settled', 'has nothing left to be merged with'];
  }
}

/** Those that overlap another; `blocks` are in the order of time. */
function overlapping(blocks: readonly ViewedBlock[]): ReadonlySet<string> {
  const found = new Set<string>();
  let widest: ViewedBlock | undefined;
  for (const block of blocks) {
    if (widest !== undefined && block.minTimeMs < widest.maxTimeMs) {
      found.add(block.ulid);
      found.add(widest.ulid);
    }
    if (widest === undefined || block.maxTimeMs > widest.maxTimeMs) widest = block;
  }
  return found;
}
