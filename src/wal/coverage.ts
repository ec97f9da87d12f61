// Which logged samples a block holds already (docs/ARCHITECTURE.md, "Which samples are in a
// block"). Replay and checkpoints use this rule and nothing else. Pure.

import type { WalDirectory } from './directory.ts';
import { comparePositions, type LogPosition } from './log.ts';

/** A block that was cut from this log. */
export interface CoveredRange {
  /** The block's range: samples at or after the first, before the second. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** The log's position at the block's snapshot. */
  readonly position: LogPosition;
}

export class Coverage {
  #ranges: readonly CoveredRange[] = [];
  // The last answer's reason: samples come in runs of one time and place.
  #last: CoveredRange | undefined;

  add(range: CoveredRange): void {
    this.#ranges = [...this.#ranges, range];
  }

  /**
   * Drops blocks whose position is at or before `oldest`: nothing that old is in the log any more.
   */
  forgetBefore(oldest: LogPosition): void {
    this.#ranges = this.#ranges.filter(({ position }) => comparePositions(position, oldest) > 0);
    this.#last = undefined;
  }

  /** Drops blocks that are not among `stored` any more: their samples are in the log only. */
  retain(stored: readonly CoveredRange[]): void {
    this.#ranges = this.#ranges.filter((range) => stored.some((one) => isSame(one, range)));
    this.#last = undefined;
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** Is a sample of `timeMs`, logged in a record at `at`, in a block? */
  covers(at: LogPosition, timeMs: number): boolean {
    if (this.#last !== undefined && holds(this.#last, at, timeMs)) return true;
    this.#last = this.#ranges.find((range) => holds(range, at, timeMs));
    return this.#last !== undefined;
  }
}

function isSame(a: CoveredRange, b: CoveredRange): boolean {
  return (
    a.minTimeMs === b.minTimeMs &&
    a.maxTimeMs === b.maxTimeMs &&
    comparePositions(a.position, b.position) === 0
  );
}

function holds(range: CoveredRange, at: LogPosition, timeMs: number): boolean {
  return (
    timeMs >= range.minTimeMs &&
    timeMs < range.maxTimeMs &&
    comparePositions(at, range.position) < 0
  );
}

/**
 * What these blocks cover of a log that has these files; older blocks have nothing to say of it.
 */
export function coverageOf(
  blocks: readonly CoveredRange[],
  { segments, checkpoints }: Pick<WalDirectory, 'segments' | 'checkpoints'>,
): Coverage {
  const coverage = new Coverage();
  for (const block of blocks) coverage.add(block);
  const none = Number.POSITIVE_INFINITY;
  const oldest = Math.min(segments.at(0) ?? none, checkpoints.at(0) ?? none);
  coverage.forgetBefore({ segment: oldest, offset: 0 });
  return coverage;
}

/** The first segment whose records all come at or after the positions of these blocks. */
export function segmentBehind(blocks: readonly CoveredRange[]): number {
  return blocks.reduce(
    (first, { position: { segment, offset } }) =>
      Math.max(first, offset === 0 ? segment : segment + 1),
    0,
  );
}
