// Carries out what a plan has of marks, deletions and sweeps. Each by itself: what fails is logged,
// counted and planned again; the others go on.
//
// Invariant: a block is deleted only after the receipt that names it stands in the bucket.

import { asVarveError } from '../../base/errors/varve-error.ts';
import { auditMark } from '../../base/observe/audit-mark.ts';
import {
  DELETION_MARK_FILE,
  NO_COMPACT_MARK_FILE,
  NO_DOWNSAMPLE_MARK_FILE,
} from '../../bucket/layout.ts';
import { RECEIPT_BLOCKS_MAX, type ReceiptBlock } from '../../retention/receipts/format.ts';
import type { DeleteJob, MarkJob, SweepJob } from '../planned-job.ts';
import type { PlannedView } from './bucket-plan.ts';
import type { PlannerWorld } from './planner-world.ts';

/** Small jobs that are done side by side: each is a few requests. */
const AT_ONCE = 8;

const MARK_FILES: Readonly<Record<MarkJob['mark'], string>> = {
  deletion: DELETION_MARK_FILE,
  'no-compact': NO_COMPACT_MARK_FILE,
  'no-downsample': NO_DOWNSAMPLE_MARK_FILE,
};

/** A job that makes no block. */
export type SmallJob = MarkJob | DeleteJob | SweepJob;

/** What came of them. */
export interface CarriedOut {
  marked: number;
  deleted: number;
  swept: number;
  failed: number;
}

/** See the head of the file. */
export class CarryOut {
  readonly #world: PlannerWorld;

  constructor(world: PlannerWorld) {
    this.#world = world;
  }

  /** @param planned what the jobs are of */
  async run(jobs: readonly SmallJob[], planned: PlannedView): Promise<CarriedOut> {
    const done: CarriedOut = { marked: 0, deleted: 0, swept: 0, failed: 0 };
    const deletions = jobs.filter((job) => job.kind === 'delete');
    for (let from = 0; from < deletions.length; from += RECEIPT_BLOCKS_MAX) {
      const some = deletions.slice(from, from + RECEIPT_BLOCKS_MAX);
      await this.#guarded({ kind: 'delete', ulid: '' }, done, () =>
        this.#deleteSome(some, planned, done),
      );
    }
    await eachOf(jobs, async (job) => {
      if (job.kind === 'delete') return;
      await this.#guarded(job, done, async () => {
        if (job.kind === 'sweep') done.swept += (await this.#sweep(job, planned)) ? 1 : 0;
        else done.marked += (await this.mark(job)) ? 1 : 0;
      });
    });
    return done;
  }

  /** Sets a mark; false when the block has one already. Throws what the store throws. */
  async mark({
    ulid,
    mark,
    reason,
    details,
  }: Pick<MarkJob, 'ulid' | 'mark' | 'reason' | 'details'>): Promise<boolean> {
    const { by, changes, clock, logger, metrics } = this.#world;
    const name = MARK_FILES[mark];
    const made = await changes.setMark(name, { ulid, timeMs: clock.nowMs(), details, reason });
    if (made === 'there') return false;
    metrics.counter('varve_compact_blocks_marked_total', { marker: name, reason }).add();
    auditMark(logger, { did: 'set', ulid, mark: name, reason, details, by });
    return true;
  }

  async #deleteSome(
    jobs: readonly DeleteJob[],
    planned: PlannedView,
    done: CarriedOut,
  ): Promise<void> {
    const { by, changes, logger, metrics } = this.#world;
    const rows = jobs.flatMap((job) => receiptRow(job, planned) ?? []);
    const receipt = await changes.beginReceipt(rows);
    await eachOf(rows, async ({ ulid, details }) => {
      try {
        // Somebody may have taken the mark back since the bucket was looked at.
        if (!(await changes.isMarked(ulid))) {
          receipt.kept(ulid, 'its deletion mark was taken back');
          logger.info('block stays: its deletion mark was taken back', { ulid });
          return;
        }
        await changes.deleteBlock(ulid);
        receipt.deleted(ulid);
        done.deleted++;
        metrics.counter('varve_compact_blocks_cleaned_total', {}).add();
        logger.info('block deleted', { ulid, details, by });
      } catch (thrown) {
        receipt.kept(ulid, asVarveError(thrown).message);
        this.#failed({ kind: 'delete', ulid }, done, thrown);
      }
    });
    await receipt.end();
  }

  async #sweep({ ulid }: SweepJob, { partial }: PlannedView): Promise<boolean> {
    const { changes, logger, metrics } = this.#world;
    const listing = partial.get(ulid);
    if (listing === undefined) return false;
    metrics.counter('varve_compact_aborted_partial_uploads_deletion_attempts_total', {}).add();
    if (!(await changes.deletePartial(listing))) return false;
    metrics.counter('varve_compact_blocks_cleaned_total', {}).add();
    logger.info('leftovers deleted', { ulid });
    return true;
  }

  async #guarded(
    job: Pick<SmallJob, 'kind' | 'ulid'>,
    done: CarriedOut,
    run: () => Promise<void>,
  ): Promise<void> {
    try {
      await run();
    } catch (thrown) {
      this.#failed(job, done, thrown);
    }
  }

  #failed(
    { kind, ulid }: Pick<SmallJob, 'kind' | 'ulid'>,
    done: CarriedOut,
    thrown: unknown,
  ): void {
    const { logger, metrics } = this.#world;
    const { code, message } = asVarveError(thrown);
    done.failed++;
    if (kind !== 'mark') metrics.counter('varve_compact_block_cleanup_failures_total', {}).add();
    logger.warn(`${kind} failed, tried again`, { ulid, code, error: message });
  }
}

/** Undefined for a block that the view did not have: then there is nothing to delete. */
function receiptRow(
  { ulid, markedMs, sizeBytes }: DeleteJob,
  { blocks }: PlannedView,
): ReceiptBlock | undefined {
  const block = blocks.get(ulid);
  if (block === undefined) return undefined;
  const { labels, minTimeMs, maxTimeMs, resolutionMs, numSamples, marks } = block;
  const { reason = '', details = '' } = marks.deletion ?? {};
  // A mark that Varve set names what stands in for the block.
  const successors = (details.match(/[0-9A-HJKMNP-TV-Z]{26}/g) ?? []).filter((one) =>
    blocks.has(one),
  );
  const range = { minTimeMs, maxTimeMs, resolutionMs };
  return { ulid, labels, ...range, numSamples, sizeBytes, reason, details, successors, markedMs };
}

/** Runs over all items, AT_ONCE at a time; `run` never rejects, or ends it all. */
async function eachOf<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const work = async (): Promise<void> => {
    for (const item of queue) await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
}
