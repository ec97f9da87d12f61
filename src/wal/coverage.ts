// Which logged samples a block holds already (docs/ARCHITECTURE.md, "Which samples are in a
// block"). Replay and checkpoints use this rule and nothing else. Pure.
//
// A sample is in the first block that was cut behind it and has its time in its range. So each
// block names those that had been cut before it: where one of these is gone, the samples that it
// held are in the log only, and a later block of the same range is not taken to have them.

import type { WalDirectory } from './directory.ts';
import { comparePositions, type LogPosition } from './log.ts';

/** Samples in a range, that were logged before a position. */
export interface LoggedRange {
  /** The block's range: samples at or after the first, before the second. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** The log's position at the block's snapshot. */
  readonly position: LogPosition;
}

/** A block that had been cut from the log before another was. */
export interface EarlierCut extends LoggedRange {
  readonly ulid: string;
}

/** A block that was cut from this log. */
export interface CoveredRange extends LoggedRange {
  /** Undefined for what stands for other's blocks. */
  readonly ulid?: string | undefined;
  /** The newest checkpoint when it was cut, -1 for none; undefined when that was not noted. */
  readonly checkpoint?: number | undefined;
  /** Those whose samples the head did not hold any more; undefined when they were not noted. */
  readonly earlier?: readonly EarlierCut[] | undefined;
}

/** One of the blocks that are there. */
interface Standing {
  readonly range: CoveredRange;
  /** Of those before it, which are not there. */
  readonly gone: readonly EarlierCut[];
}

export class Coverage {
  #ranges: readonly CoveredRange[] = [];
  #standing: readonly Standing[] = [];
  /** Found missing since the log was opened: the head does not hold their samples. */
  #lost: readonly EarlierCut[] = [];
  #checkpoint: number;
  // The last answer's reason: samples come in runs of one time and place.
  #last: Standing | undefined;

  /** @param checkpoint the newest one of the log; -1 when there is none */
  constructor(ranges: readonly CoveredRange[] = [], checkpoint = -1) {
    this.#checkpoint = checkpoint;
    this.#set(ranges);
  }

  add(range: CoveredRange): void {
    this.#set([...this.#ranges, range]);
  }

  /**
   * Drops blocks whose position is at or before `oldest`: nothing that old is in the log any more.
   */
  forgetBefore(oldest: LogPosition): void {
    this.#set(this.#ranges.filter(({ position }) => comparePositions(position, oldest) > 0));
  }

  /** The log up to and with segment `through` is a checkpoint now. */
  truncated(through: number): void {
    this.#checkpoint = through;
    this.forgetBefore({ segment: through, offset: Number.POSITIVE_INFINITY });
  }

  /** Drops blocks that are not among these any more: their samples are in the log only. */
  retain(ulids: ReadonlySet<string>): void {
    const isThere = ({ ulid }: CoveredRange): boolean => ulid === undefined || ulids.has(ulid);
    const gone = this.#ranges.filter((range) => !isThere(range));
    if (gone.length === 0) return;
    this.#lost = [...this.#lost, ...gone.flatMap(earlierOf)];
    this.#set(this.#ranges.filter(isThere));
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** The newest checkpoint; -1 when there is none. */
  get checkpoint(): number {
    return this.#checkpoint;
  }

  /**
   * The blocks that a block which is cut now is to name. What a lost one held is in the checkpoint
   * by now, perhaps; so its position is behind that.
   */
  earlierCuts(): readonly EarlierCut[] {
    const behind = { segment: this.#checkpoint + 1, offset: 0 };
    const lost = this.#lost.map((cut) => {
      return comparePositions(cut.position, behind) < 0 ? { ...cut, position: behind } : cut;
    });
    return [...this.#ranges.flatMap(earlierOf), ...lost];
  }

  /** Is a sample of `timeMs`, logged in a record at `at`, in a block? */
  covers(at: LogPosition, timeMs: number): boolean {
    if (this.#last !== undefined && holds(this.#last, at, timeMs)) return true;
    this.#last = this.#standing.find((block) => holds(block, at, timeMs));
    return this.#last !== undefined;
  }

  #set(ranges: readonly CoveredRange[]): void {
    this.#ranges = ranges;
    const there = new Set(ranges.map(({ ulid }) => ulid));
    this.#standing = ranges.map((range) => {
      return { range, gone: (range.earlier ?? []).filter(({ ulid }) => !there.has(ulid)) };
    });
    this.#last = undefined;
  }
}

function earlierOf({ maxTimeMs, minTimeMs, position, ulid }: CoveredRange): EarlierCut[] {
  return ulid === undefined ? [] : [{ ulid, minTimeMs, maxTimeMs, position }];
}

function holds({ gone, range }: Standing, at: LogPosition, timeMs: number): boolean {
  if (!reaches(range, at, timeMs) || gone.some((cut) => reaches(cut, at, timeMs))) return false;
  // What a checkpoint kept was in no block that had been cut before it was made.
  const { checkpoint } = range;
  return checkpoint === undefined || at.offset < ANYWHERE || at.segment <= checkpoint;
}

/** The offset of what lies in a checkpoint. */
const ANYWHERE = Number.POSITIVE_INFINITY;

/** Would the sample have come into that block, had no other been cut before it? */
function reaches(range: LoggedRange, at: LogPosition, timeMs: number): boolean {
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
  const newest = checkpoints.at(-1);
  const coverage = new Coverage(blocks, newest);
  // What lies in a checkpoint comes behind all positions in its number: local retention lets go of
  // such blocks, and they must not be taken for lost then.
  if (newest === undefined)
    coverage.forgetBefore({ segment: segments.at(0) ?? ANYWHERE, offset: 0 });
  else coverage.forgetBefore({ segment: newest, offset: ANYWHERE });
  return coverage;
}

/** The first segment whose records all come at or after the positions of these blocks. */
export function segmentBehind(blocks: readonly LoggedRange[]): number {
  return blocks.reduce(
    (first, { position: { segment, offset } }) =>
      Math.max(first, offset === 0 ? segment : segment + 1),
    0,
  );
}
