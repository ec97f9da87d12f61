// The plan of one family: what retention takes, what is garbage, what is merged, what is
// downsampled, and why the rest stays.
//
// Order of thought: garbage is in no other decision; what retention takes now is not merged first;
// what it waits for is downsampled before anything else, on its own (merged first where it
// overlaps); what a merge of this plan takes, or what waits for late samples, is downsampled
// afterwards.
// Invariant: each block is a source of one job at most, or has its reason among `kept`.

import type { ViewedBlock } from '../../bucket/block-view.ts';
import type { CompactJob, DeleteJob, DownsampleJob, KeptBlock, MarkJob } from '../planned-job.ts';
import { planCompaction } from './compaction.ts';
import { type Family, familyWith, type Layer, layersOf } from './families.ts';
import { jobId } from './job-ids.ts';
import { planDeletion, RETENTION_DETAILS, repairedAs, SUPERSEDED_DETAILS } from './marked.ts';
import type { DownsamplingRow, PlanContext } from './plan-context.ts';
import { INDEX_SIZE_EXCEEDING, isSetAside } from './soundness.ts';
import { heirOf, supersededBy } from './superseded.ts';
import { rangeOf } from './time-items.ts';
import { WhyKept } from './why-kept.ts';

/** A merge and what it is ordered by. */
export interface RankedMerge {
  readonly job: CompactJob;
  readonly rangeMs: number;
}

/** The parts of a plan, each in the order of time. */
export interface FamilyPlan {
  readonly deletions: readonly DeleteJob[];
  readonly marks: readonly MarkJob[];
  readonly dueDownsamples: readonly DownsampleJob[];
  readonly merges: readonly RankedMerge[];
  readonly downsamples: readonly DownsampleJob[];
  readonly kept: readonly KeptBlock[];
}

/** Plans a family of all blocks of the same labels, with or without marks. */
export function planFamily(all: Family, context: PlanContext): FamilyPlan {
  return new FamilyPlanner(all, context).plan();
}

class FamilyPlanner {
  readonly #all: Family;
  readonly #context: PlanContext;
  readonly #deletions: DeleteJob[] = [];
  readonly #marks: MarkJob[] = [];
  readonly #merges: RankedMerge[] = [];
  readonly #kept: KeptBlock[] = [];
  /** Blocks about which nothing more is to be said. */
  readonly #done = new Set<string>();
  readonly #waiting = new Set<string>();
  readonly #whyKept = new Map<string, WhyKept>();
  #overdue: ReadonlyMap<string, KeptBlock> = new Map();

  constructor(all: Family, context: PlanContext) {
    this.#all = all;
    this.#context = context;
  }

  plan(): FamilyPlan {
    const { parts, policy, options } = this.#context;
    const current = this.#withoutGarbage();
    this.#planDeletions(current);
    const staying = this.#withoutRetired(current);
    const downsampleOptions = { policy, dueAheadMs: this.#context.dueAheadMs, isSetAside };
    const isDownsampling = !options.isDownsamplingDisabled;
    const due = isDownsampling ? parts.planDueDownsampling(staying, downsampleOptions) : [];
    this.#planMerges(staying, new Set(due.map(({ block }) => block)));
    const dueDownsamples = this.#downsampleJobs(due);
    const long = isDownsampling ? parts.planDownsampling(staying, downsampleOptions) : [];
    const downsamples = this.#downsampleJobs(long);
    this.#sayWhyKept(staying);
    return {
      deletions: this.#deletions,
      marks: this.#marks,
      dueDownsamples,
      merges: this.#merges,
      downsamples,
      kept: this.#kept,
    };
  }

  /** Marks garbage; the blocks without it and without those that have a deletion mark. */
  #withoutGarbage(): Family {
    const unmarked = familyWith(this.#all, ({ marks }) => marks.deletion === undefined);
    for (const { blocks } of layersOf(unmarked)) {
      const heirs = supersededBy(blocks);
      for (const block of blocks) {
        const heir = heirs.get(block.ulid);
        if (heir === undefined) continue;
        const details = `${SUPERSEDED_DETAILS}${heir.ulid}`;
        this.#markDeletion(block, { reason: 'superseded', details, successors: [heir.ulid] });
      }
    }
    return familyWith(unmarked, ({ ulid }) => !this.#done.has(ulid));
  }

  #planDeletions(current: Family): void {
    const { policy, parts } = this.#context;
    const layers = layersOf(this.#all);
    for (const [at, { blocks, group }] of layers.entries()) {
      const holdersOf = layersOf(current).at(at)?.holdersOf ?? (() => []);
      const findSuccessor = (block: ViewedBlock): string | undefined => {
        const made = repairedAs(block);
        const heir = made === undefined ? heirOf(block, holdersOf) : holdersOf(made).at(0);
        if (heir !== undefined) return heir.ulid;
        if (policy.wants(group.resolutionMs, block.maxTimeMs)) return undefined;
        return parts.judge(block, current, policy).mayGo ? 'retention' : undefined;
      };
      for (const block of blocks) {
        const found = planDeletion(block, this.#context.deletion, findSuccessor);
        if (found === undefined) continue;
        this.#done.add(block.ulid);
        if ('kind' in found) this.#deletions.push(found);
        else this.#kept.push(found);
      }
    }
  }

  /** Marks what retention lets go and names what it does not; the blocks that stay. */
  #withoutRetired(current: Family): Family {
    const { parts, policy } = this.#context;
    const overdue = new Map<string, KeptBlock>();
    for (const { block, verdict } of parts.planRetention(current, policy)) {
      const { why } = verdict;
      if (!verdict.mayGo) {
        const more = whyNotMade(block);
        const { ulid } = block;
        overdue.set(ulid, { ulid, reason: 'overdue', why: `${why}${more}`, isOverdue: true });
        continue;
      }
      const { successors } = verdict;
      const details = `${RETENTION_DETAILS}${why}${listText(successors)}`;
      this.#markDeletion(block, { reason: 'retention', details, successors });
    }
    for (const one of overdue.values()) this.#kept.push(one); // of which there may be very many
    this.#overdue = overdue;
    return familyWith(current, ({ ulid }) => !this.#done.has(ulid));
  }

  #planMerges(family: Family, due: ReadonlySet<ViewedBlock>): void {
    const { atMs, options, estimate } = this.#context;
    const isDue = (block: ViewedBlock): boolean => due.has(block);
    for (const layer of layersOf(family)) {
      if (layer.blocks.length === 0) continue;
      const found = planCompaction(layer, { atMs, isDue, options, estimate });
      this.#whyKept.set(layer.group.key, new WhyKept(found, options.levelRangesMs));
      for (const ulid of found.waiting.keys()) this.#waiting.add(ulid);
      for (const { block, why } of found.tooLarge) this.#markTooLarge(block, why);
      for (const {
        sources,
        why,
        rangeMs,
        estimate: { cost },
      } of found.merges) {
        const job = this.#making(layer, sources, why);
        const level = sources.reduce((most, block) => Math.max(most, block.level), 0) + 1;
        const id = jobId('compact', layer.group.key, job.sources);
        const deduplication = options.replicaLabels.length > 0 ? options.deduplication : 'merge';
        const compact = { ...job, kind: 'compact', id, level, deduplication, cost } as const;
        this.#merges.push({ rangeMs, job: compact });
        for (const { ulid } of sources) this.#done.add(ulid);
      }
    }
  }

  #downsampleJobs(rows: readonly DownsamplingRow[]): DownsampleJob[] {
    const jobs: DownsampleJob[] = [];
    for (const { block, layer, resolutionMs, why } of rows) {
      if (this.#done.has(block.ulid) || this.#waiting.has(block.ulid)) continue;
      this.#done.add(block.ulid);
      const job = this.#making(layer, [block], why);
      const id = jobId('downsample', layer.group.key, job.sources);
      const { cost } = this.#context.estimate('downsample', [block]);
      jobs.push({ ...job, kind: 'downsample', id, resolutionMs, cost });
    }
    return jobs;
  }

  #making(layer: Layer, blocks: readonly ViewedBlock[], why: string) {
    const sources = blocks.map(({ ulid }) => ulid);
    return { group: layer.group, sources, ...rangeOf(blocks), why };
  }

  #markDeletion(
    block: ViewedBlock,
    mark: Pick<MarkJob, 'reason' | 'details' | 'successors'>,
  ): void {
    const { ulid, sizeBytes } = block;
    const id = jobId('mark', ulid, ['deletion', mark.reason]);
    this.#marks.push({ kind: 'mark', id, ulid, mark: 'deletion', ...mark, sizeBytes });
    this.#done.add(ulid);
  }

  #markTooLarge({ ulid, sizeBytes }: ViewedBlock, details: string): void {
    const reason = INDEX_SIZE_EXCEEDING;
    const id = jobId('mark', ulid, ['no-compact', reason]);
    const mark = { mark: 'no-compact', reason, details, successors: [] } as const;
    this.#marks.push({ kind: 'mark', id, ulid, sizeBytes, ...mark });
    this.#done.add(ulid);
  }

  #sayWhyKept(family: Family): void {
    for (const { blocks, group } of layersOf(family)) {
      const why = this.#whyKept.get(group.key);
      if (why === undefined) continue;
      for (const block of blocks) {
        if (this.#done.has(block.ulid) || this.#overdue.has(block.ulid)) continue;
        this.#kept.push(why.of(block));
      }
    }
  }
}

/** Why an overdue block has no successor, where it will never get one by itself. */
function whyNotMade(block: ViewedBlock): string {
  if (block.marks.noDownsample !== undefined)
    return '; it has a no-downsample mark, so it stays until that or its deletion is decided';
  if (isSetAside(block)) return '; it was set aside, so it stays until it is repaired or deleted';
  return '; it stays until then';
}

function listText(ulids: readonly string[]): string {
  if (ulids.length === 0) return '';
  const more = ulids.length > 3 ? ` and ${ulids.length - 3} more` : '';
  return `: ${ulids.slice(0, 3).join(', ')}${more}`;
}
