// What becomes of blocks with deletion marks, and of what has no meta.json: deleted after the
// delay.
//
// A mark that Varve set, or that says a block is garbage, was set because others hold what the
// block holds. That is looked at again before it is deleted: when it does not hold any more the
// block stays and is named. Any other mark is somebody's will, and is done as Thanos does it.
// Invariant: nothing is deleted before its delay by the clock that plans believe (plan.ts).

import { timeText } from '../../base/model/time-text.ts';
import { type BlockListing, blockBytes, newestMs } from '../../bucket/block-record.ts';
import type { ViewedBlock } from '../../bucket/block-view.ts';
import { DELETION_MARK_FILE } from '../../bucket/layout.ts';
import type { DeleteJob, KeptBlock, SweepJob } from '../planned-job.ts';
import { jobId } from './job-ids.ts';

/** Begins the details of a mark on garbage. */
export const SUPERSEDED_DETAILS = 'superseded by ';
/** Begins the details of a mark by retention. */
export const RETENTION_DETAILS = 'retention: ';
/** Begins the details of a mark on a block that was repaired; the new one's ULID follows. */
export const REPAIRED_DETAILS = 'repaired as ';
/** Thanos's details of a mark on garbage, and on what went into a merge. */
const THANOS_DETAILS: readonly string[] = ['outdated block', 'source of compacted block'];

/** What stands in for a marked block; undefined when nothing does any more. */
export type FindSuccessor = (block: ViewedBlock) => string | undefined;

/** What deletions go by. */
export interface DeletionOptions {
  readonly atMs: number;
  readonly deleteDelayMs: number;
  readonly partialAgeMs: number;
}

/** The deletion of a marked block, or why it is not deleted now. */
export function planDeletion(
  block: ViewedBlock,
  options: DeletionOptions,
  findSuccessor: FindSuccessor,
): DeleteJob | KeptBlock | undefined {
  const { ulid, sizeBytes, marks } = block;
  if (marks.deletion === undefined) return undefined;
  const { timeMs: markedMs, details } = marks.deletion;
  if (isChecked(details) && findSuccessor(block) === undefined) {
    const why =
      `has the mark "${details}", but nothing stands in for it any more: ` +
      'unmark it, or mark it by hand';
    return { ulid, reason: 'mark-outdated', why, isOverdue: false };
  }
  const dueMs = markedMs + options.deleteDelayMs;
  if (options.atMs > dueMs)
    return { kind: 'delete', id: jobId('delete', ulid, []), ulid, markedMs, sizeBytes };
  const why = `has a deletion mark, deleted after ${timeText(dueMs)}`;
  return { ulid, reason: 'marked', why, isOverdue: false };
}

function isChecked(details: string): boolean {
  const ours = [SUPERSEDED_DETAILS, RETENTION_DETAILS, REPAIRED_DETAILS];
  return ours.some((begin) => details.startsWith(begin)) || THANOS_DETAILS.includes(details);
}

/** What a block with this mark was repaired as; undefined when it was not. */
export function repairedAs({ marks }: ViewedBlock): string | undefined {
  const { details = '' } = marks.deletion ?? {};
  if (!details.startsWith(REPAIRED_DETAILS)) return undefined;
  return /[0-9A-HJKMNP-TV-Z]{26}/.exec(details)?.[0];
}

/** The sweeping of what has no meta.json, or why it is not swept now. */
export function planSweep(listing: BlockListing, options: DeletionOptions): SweepJob | KeptBlock {
  const { ulid } = listing;
  const mark = listing.files.find(({ name }) => name === DELETION_MARK_FILE);
  const newest = newestMs(listing);
  // A deletion takes meta.json first and the mark last: with a mark it is one that was cut off.
  const dueMs =
    mark === undefined ? newest + options.partialAgeMs : mark.modifiedMs + options.deleteDelayMs;
  if (Number.isFinite(dueMs) && options.atMs > dueMs) {
    const sizeBytes = blockBytes(listing);
    return { kind: 'sweep', id: jobId('sweep', ulid, []), ulid, newestMs: newest, sizeBytes };
  }
  const what =
    mark === undefined ? 'an upload under way or cut off' : 'a deletion that was cut off';
  const why = `has no meta.json: ${what}, swept after ${timeText(dueMs)}`;
  return { ulid, reason: 'partial', why, isOverdue: false };
}
