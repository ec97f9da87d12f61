// Which blocks retention lets go: by age and by lineage (DESIGN §3, Retention).
//
// A raw block may go when 5m, as far as its policy still wants the range, has every source of it,
// and 1h, as far as its policy does, has or can be made of what has: so each source is in 1h or
// 5m. A 5m block may go when 1h has every source or does not want the range; a 1h block by its
// age.
// Invariant: no source that a policy wants is lost from its layer and from all finer ones.

import { formatDuration } from '../base/config/duration.ts';
import type { ViewedBlock } from '../bucket/block-view.ts';
import type { Family, Layer } from '../compact/plan/families.ts';
import type { Policy } from './policy.ts';

/** What retention says of a block that is due. */
export type RetentionVerdict =
  | { readonly mayGo: true; readonly successors: readonly string[]; readonly why: string }
  | { readonly mayGo: false; readonly why: string };

/** A due block and what becomes of it. */
export interface DueBlock {
  readonly block: ViewedBlock;
  readonly verdict: RetentionVerdict;
}

/** The due blocks of a family, the finest layer first, in the order of time. */
export function planRetention(family: Family, policy: Policy): readonly DueBlock[] {
  const due: DueBlock[] = [];
  for (const { blocks, group } of [family.raw, family.fiveMinutes, family.oneHour]) {
    for (const block of blocks) {
      if (policy.wants(group.resolutionMs, block.maxTimeMs)) continue;
      due.push({ block, verdict: judge(block, family, policy) });
    }
  }
  return due;
}

/** May a due block go? It need not be one of the family's blocks (one with a mark is not). */
export function judge(block: ViewedBlock, family: Family, policy: Policy): RetentionVerdict {
  const why = `older than ${ageText(block, policy)}`;
  const goes = (successors: readonly string[], more: string): RetentionVerdict => {
    return { mayGo: true, successors, why: `${why}${more}` };
  };
  if (policy.isPlain) return goes([], '; downsampling is disabled, so by age alone');
  const coarser = coarserLayers(block, family, policy);
  const successors = new Set<string>();
  for (const { name, layers } of coarser) {
    const missing = collect(block, layers, successors);
    if (missing > 0)
      return { mayGo: false, why: `${why}, but ${name} lacks ${text(missing, block)}` };
  }
  if (coarser.length === 0) return goes([], ', and no coarser layer wants it any more');
  return goes([...successors].sort(), `, and in ${coarser.map(({ name }) => name).join(' and ')}`);
}

/** The coarser resolutions that want the block's range, and who may hold it for them. */
function coarserLayers(block: ViewedBlock, family: Family, policy: Policy): CoarserLayer[] {
  const { raw, fiveMinutes, oneHour } = family;
  const isWantedIn = ({ group }: Layer): boolean =>
    group.resolutionMs > block.resolutionMs && policy.wants(group.resolutionMs, block.maxTimeMs);
  const isRaw = block.resolutionMs === raw.group.resolutionMs;
  const wanting: CoarserLayer[] = [];
  if (isWantedIn(fiveMinutes)) wanting.push({ name: '5m', layers: [fiveMinutes] });
  if (isWantedIn(oneHour))
    wanting.push({ name: '1h', layers: isRaw ? [oneHour, fiveMinutes] : [oneHour] });
  return wanting;
}

interface CoarserLayer {
  readonly name: string;
  /** Any of them may hold a source. */
  readonly layers: readonly Layer[];
}

/** Adds who holds the block's sources; the number of those that nobody holds. */
function collect(block: ViewedBlock, layers: readonly Layer[], holders: Set<string>): number {
  let missing = 0;
  for (const source of block.sources.length === 0 ? [block.ulid] : block.sources) {
    const found = layers.flatMap(({ holdersOf }) => holdersOf(source).slice(0, 1));
    const [first] = found;
    if (first === undefined) missing++;
    else holders.add(first.ulid);
  }
  return missing;
}

function text(missing: number, { sources }: ViewedBlock): string {
  return `${missing} of its ${Math.max(1, sources.length)} sources`;
}

function ageText({ resolutionMs, maxTimeMs }: ViewedBlock, policy: Policy): string {
  return formatDuration(policy.dueMs(resolutionMs, maxTimeMs) - maxTimeMs);
}
