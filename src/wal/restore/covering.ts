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
