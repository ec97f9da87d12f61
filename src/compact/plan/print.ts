// A plan as people read it, and as JSON (docs/operating/compactor.md, "The plan"). Pure.
//
// Invariant: the JSON's fields are only ever added to; `version` grows when one changes its
// meaning.

import { labelsText } from '../../base/model/labels.ts';
import { sizeText } from '../../base/model/size-text.ts';
import { timeText } from '../../base/model/time-text.ts';
import type { CompactPlan, JobCost, KeptBlock, PlannedJob } from '../planned-job.ts';

/** Sums over a plan's jobs. */
export interface PlanTotals extends JobCost {
  readonly jobs: number;
  /** Blocks that go: marked for deletion, deleted or swept. */
  readonly freedBytes: number;
  readonly keptBlocks: number;
  readonly overdueBlocks: number;
}

/** The plan as it is given out as JSON. */
export interface PlanDocument extends CompactPlan {
  readonly version: 1;
  readonly totals: PlanTotals;
}

/** The plan with its sums; JSON.stringify makes the text. */
export function planDocument(plan: CompactPlan): PlanDocument {
  return { version: 1, totals: totalsOf(plan), ...plan };
}

function totalsOf({ jobs, kept }: CompactPlan): PlanTotals {
  const costs = jobs.flatMap((job) => ('cost' in job ? [job.cost] : []));
  const sum = (of: (cost: JobCost) => number) => costs.reduce((all, cost) => all + of(cost), 0);
  return {
    jobs: jobs.length,
    readBytes: sum(({ readBytes }) => readBytes),
    writtenBytes: sum(({ writtenBytes }) => writtenBytes),
    requests: sum(({ requests }) => requests),
    // Jobs give their disk back, so the largest is what is needed for one after the other.
    diskBytes: costs.reduce((most, { diskBytes }) => Math.max(most, diskBytes), 0),
    freedBytes: jobs.reduce((all, job) => all + freedBytes(job), 0),
    keptBlocks: kept.length,
    overdueBlocks: kept.filter(({ isOverdue }) => isOverdue).length,
  };
}

function freedBytes(job: PlannedJob): number {
  if (job.kind === 'mark') return job.mark === 'deletion' ? job.sizeBytes : 0;
  return job.kind === 'delete' || job.kind === 'sweep' ? job.sizeBytes : 0;
}

const JOB_HEAD = ['JOB', 'WHAT', 'FROM', 'TO', 'BLOCKS', 'READ', 'REQUESTS', 'DISK', 'WHY'];
const KEPT_HEAD = ['BLOCK', 'STAYS', 'WHY'];
/** Reasons of blocks that are as they should be: counted, not listed. */
const ORDINARY: ReadonlySet<string> = new Set(['settled', 'range-open', 'newest']);

/** The plan as lines for a person: notes, jobs in their order, blocks that stay and why. */
export function planLines(plan: CompactPlan): string[] {
  const { jobs, kept, notes } = plan;
  const totals = totalsOf(plan);
  const named = kept.filter(({ reason }) => !ORDINARY.has(reason));
  return [
    `Plan of ${timeText(plan.plannedMs)}, of the bucket at ${timeText(plan.viewMs)}.`,
    ...notes.map((note) => `Note: ${note}.`),
    '',
    ...(jobs.length === 0 ? ['Nothing to do.'] : table([JOB_HEAD, ...jobs.map(jobRow)])),
    '',
    `${totals.jobs} jobs; ${sizeText(totals.readBytes)} to read, at most ` +
      `${sizeText(totals.writtenBytes)} to write, ${totals.requests} requests, ` +
      `${sizeText(totals.diskBytes)} of disk for the largest; ` +
      `${sizeText(totals.freedBytes)} freed.`,
    '',
    ...(named.length === 0 ? [] : [...table([KEPT_HEAD, ...named.map(keptRow)]), '']),
    `${totals.keptBlocks} blocks stay: ${countsText(kept)}. Overdue: ${totals.overdueBlocks}.`,
  ];
}

function jobRow(job: PlannedJob): string[] {
  switch (job.kind) {
    case 'compact':
    case 'downsample': {
      const { group, sources, cost, why } = job;
      const [first = '', ...more] = sources;
      const to = job.kind === 'compact' ? `level ${job.level}` : resolutionText(job.resolutionMs);
      const what = `${resolutionText(group.resolutionMs)} → ${to} ${labelsText(group.labels)}`;
      return [
        job.kind,
        what,
        timeText(job.minTimeMs),
        timeText(job.maxTimeMs),
        more.length === 0 ? first : `${first} + ${more.length}`,
        sizeText(cost.readBytes),
        String(cost.requests),
        sizeText(cost.diskBytes),
        why,
      ];
    }
    case 'mark':
      return blockRow(job, `${job.mark} (${job.reason})`, job.details);
    case 'delete':
      return blockRow(job, 'block', `marked at ${timeText(job.markedMs)}`);
    case 'sweep':
      return blockRow(job, 'leftovers', `untouched since ${timeText(job.newestMs)}`);
  }
}

function blockRow(
  { kind, ulid, sizeBytes }: { kind: string; ulid: string; sizeBytes: number },
  what: string,
  why: string,
): string[] {
  return [kind, what, '', '', ulid, sizeText(sizeBytes), '', '', why];
}

function keptRow({ ulid, reason, why }: KeptBlock): string[] {
  return [ulid, reason, why];
}

function resolutionText(resolutionMs: number): string {
  if (resolutionMs === 0) return 'raw';
  return resolutionMs < 3_600_000 ? `${resolutionMs / 60_000}m` : `${resolutionMs / 3_600_000}h`;
}

/** `3 newest, 12 settled`: by the word. */
function countsText(kept: readonly KeptBlock[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of kept) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([reason, count]) => `${count} ${reason}`).join(', ') || 'none';
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
