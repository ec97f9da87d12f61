// Which samples of a restored log are in the bucket's blocks, so that they are not cut once more.
// Pure.
//
// A sample is in the first block that was cut behind it and whose range it is in; it is in no later
// one (docs/ARCHITECTURE.md, "Which samples are in a block"). The machine may have been lost before
// that first block reached the bucket, and a later one of the same range may be there: then the
// sample is in the log only. Unless a restore came in between: it brought the sample into the log
// of its generation, and there it is in the first block again.

import { comparePositions, type LogPosition } from '../log.ts';
import type { Origin } from '../origin.ts';
import { generationOf } from './generation.ts';

/** A block that was cut from the log. */
export interface KnownBlock {
  readonly ulid: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly segment: number;
  readonly offset: number;
  /** The bucket has it, or had it and has what it was compacted into. */
  readonly isInBucket: boolean;
}

/** See the head of the file. */
export class Covering {
  readonly #blocks: readonly KnownBlock[];
  /** Undefined when the blocks of the Prometheus that began the log are not all in the bucket. */
  readonly #origin: Origin | undefined;

  constructor(blocks: readonly KnownBlock[], origin: Origin | undefined) {
    this.#blocks = [...blocks].sort((a, b) => comparePositions(a, b) || (a.ulid < b.ulid ? -1 : 1));
    this.#origin = origin;
  }

  /** Has the bucket a sample of `timeMs` that was logged in a record at `at`? */
  covers(at: LogPosition, timeMs: number): boolean {
    /** Of this generation the first block is known, and never came. */
    let lost = -1;
    for (const block of this.#blocks) {
      if (timeMs < block.minTimeMs || timeMs >= block.maxTimeMs) continue;
      const generation = generationOf(block.segment);
      if (generation === lost || comparePositions(at, block) >= 0) continue;
      if (block.isInBucket) return true;
      lost = generation;
    }
    if (lost >= 0) return false;
    const origin = this.#origin;
    if (origin === undefined) return false;
    return at.segment < origin.firstSegment && timeMs < origin.coveredBeforeMs;
  }
}
