// Which samples of a restored log are in the bucket's blocks, so that they are not cut once more.
// Pure.
//
// The rule is that of a start on one machine (../coverage.ts), with the bucket in place of the
// disk: the machine may have been lost before a block reached the bucket, and a later one of the
// same range may be there. Older blocks, which do not name those before them, are taken to name all
// of their generation: a restore in between brought the sample into the log of its generation, and
// there it is in the first block again.

import { Coverage, type CoveredRange, type EarlierCut } from '../coverage.ts';
import { comparePositions } from '../log.ts';
import { coverageOfOrigin, type Origin } from '../origin.ts';
import { generationOf } from './generation.ts';

/** A block that was cut from the log. */
export interface KnownBlock extends Omit<EarlierCut, 'position'> {
  readonly segment: number;
  readonly offset: number;
  /** The bucket has it, or had it and has what it was compacted into. */
  readonly isInBucket: boolean;
  /** See CoveredRange; all undefined for a block of before, or of which only pieces tell. */
  readonly checkpoint?: number | undefined;
  readonly earlier?: readonly EarlierCut[] | undefined;
}

/** A block that is in the bucket as it was cut. */
type FoundBlock = Omit<KnownBlock, 'isInBucket'>;

/** Who tells of blocks that the bucket does not have as they were cut. */
interface Told {
  /** By the pieces. */
  readonly named: readonly (FoundBlock & { readonly uploaded: boolean })[];
  /** ULIDs of all that went into any block of the bucket. */
  readonly sources: ReadonlySet<string>;
}

/**
 * All that is known of blocks that were cut from the log. One that was uploaded after the last
 * piece, and merged and deleted since, is in the bucket all the same: what was made of it names it
 * as a source, and where it was cut is told by a piece or by a block that was cut after it.
 */
export function knownBlocks(found: readonly FoundBlock[], told: Told): readonly KnownBlock[] {
  const known = new Map<string, KnownBlock>();
  for (const { ulid, position, ...range } of found.flatMap(({ earlier }) => earlier ?? []))
    if (told.sources.has(ulid)) known.set(ulid, { ulid, ...range, ...position, isInBucket: true });
  for (const { uploaded, ...block } of told.named) {
    const isInBucket = uploaded || told.sources.has(block.ulid);
    known.set(block.ulid, { ...block, isInBucket });
  }
  for (const block of found) known.set(block.ulid, { ...block, isInBucket: true });
  return [...known.values()];
}

/**
 * What the bucket has of the log.
 * @param origin undefined when the blocks of the Prometheus that began the log are not all in the
 *   bucket
 */
export function bucketCoverage(blocks: readonly KnownBlock[], origin: Origin | undefined) {
  const sorted = [...blocks].sort((a, b) => comparePositions(a, b) || (a.ulid < b.ulid ? -1 : 1));
  const ranges = sorted.flatMap((block, at): CoveredRange[] => {
    if (!block.isInBucket) return [];
    const { checkpoint } = block;
    const earlier = checkpoint === undefined ? beforeInGeneration(sorted, at) : block.earlier;
    return [{ ...cutOf(block), checkpoint, earlier }];
  });
  const lost = sorted.filter(({ isInBucket }) => !isInBucket).map(cutOf);
  const ofOrigin = origin === undefined ? [] : coverageOfOrigin(origin);
  return new Coverage([...ranges, ...ofOrigin.map((range) => ({ ...range, earlier: lost }))]);
}

function beforeInGeneration(sorted: readonly KnownBlock[], at: number): readonly EarlierCut[] {
  const generation = generationOf(sorted[at]?.segment ?? 0);
  return sorted
    .slice(0, at)
    .filter(({ segment }) => generationOf(segment) === generation)
    .map(cutOf);
}

function cutOf({ maxTimeMs, minTimeMs, offset, segment, ulid }: KnownBlock): EarlierCut {
  return { ulid, minTimeMs, maxTimeMs, position: { segment, offset } };
}
