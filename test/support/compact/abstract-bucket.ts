// A bucket without bytes: blocks as ranges and sources, a plan's jobs carried out at once, or not, or
// half. It keeps a ledger of every source that was ever uploaded.

import { labelsOf } from '../../../src/base/model/labels.ts';
import type { ViewedBlock } from '../../../src/bucket/block-view.ts';
import type {
  CompactJob,
  DownsampleJob,
  MarkJob,
  PlannedJob,
} from '../../../src/compact/planned-job.ts';
import { block, mark, ulidOf } from './plan-blocks.ts';

/** How a job ends: done; failed before it changed anything; killed before its last step. */
export type JobEnd = 'done' | 'failed' | 'killed';

/** What a head cut, by the ledger. */
export interface SourceRecord {
  readonly ulid: string;
  readonly family: string;
  readonly maxTimeMs: number;
}

export class AbstractBucket {
  readonly blocks = new Map<string, ViewedBlock>();
  readonly sources: SourceRecord[] = [];
  /** By the store, which is always right. */
  trueMs: number;
  #made = 0;

  constructor(trueMs: number) {
    this.trueMs = trueMs;
  }

  /** A block from a head. */
  upload(given: {
    readonly minTimeMs: number;
    readonly maxTimeMs: number;
    readonly labels: Readonly<Record<string, string>>;
    readonly sizeBytes: number;
  }): void {
    const ulid = ulidOf(this.trueMs, this.#made++);
    this.blocks.set(ulid, block({ ...given, ulid, uploadedMs: this.trueMs }));
    const family = given.labels.tenant ?? '';
    this.sources.push({ ulid, family, maxTimeMs: given.maxTimeMs });
  }

  /** Blocks without a deletion mark. */
  live(): ViewedBlock[] {
    return [...this.blocks.values()].filter(({ marks }) => marks.deletion === undefined);
  }

  setMark(ulid: string, name: keyof ViewedBlock['marks'], reason: string, details = ''): void {
    const found = this.blocks.get(ulid);
    if (found === undefined) return;
    const marks = { ...found.marks, [name]: mark(this.trueMs, reason, details) };
    this.blocks.set(ulid, { ...found, marks });
  }

  /** Carries a job out; `clockMs` is what its machine takes for now. */
  run(job: PlannedJob, end: JobEnd, clockMs: number): void {
    if (end === 'failed') return;
    if (job.kind === 'compact' || job.kind === 'downsample') this.#make(job, end);
    else if (job.kind === 'mark') this.#mark(job, clockMs);
    else this.blocks.delete(job.ulid);
  }

  #make(job: CompactJob | DownsampleJob, end: JobEnd): void {
    const from = job.sources.map((ulid) => {
      const found = this.blocks.get(ulid);
      if (found === undefined) throw new Error(`${job.id}: no block ${ulid}`);
      return found;
    });
    const ulid = ulidOf(this.trueMs, this.#made++);
    const sum = (of: (one: ViewedBlock) => number) => from.reduce((all, one) => all + of(one), 0);
    const made = block({
      ulid,
      minTimeMs: job.minTimeMs,
      maxTimeMs: job.maxTimeMs,
      level: job.kind === 'compact' ? job.level : (from[0]?.level ?? 1),
      resolutionMs: job.kind === 'compact' ? job.group.resolutionMs : job.resolutionMs,
      sources: [...new Set(from.flatMap(({ sources }) => sources))].sort(),
      sizeBytes: sum(({ sizeBytes }) => sizeBytes),
      indexBytes: sum(({ indexBytes }) => indexBytes),
      uploadedMs: this.trueMs,
    });
    this.blocks.set(ulid, {
      ...made,
      labels: labelsOf(job.group.labels.map((l) => [l.name, l.value])),
    });
    if (job.kind !== 'compact' || end === 'killed') return;
    for (const source of job.sources) this.setMark(source, 'deletion', '', `superseded by ${ulid}`);
  }

  #mark(job: MarkJob, clockMs: number): void {
    const found = this.blocks.get(job.ulid);
    if (found === undefined) return;
    const names = {
      deletion: 'deletion',
      'no-compact': 'noCompact',
      'no-downsample': 'noDownsample',
    } as const;
    const reason = job.mark === 'deletion' ? '' : job.reason;
    const marks = { ...found.marks, [names[job.mark]]: mark(clockMs, reason, job.details) };
    this.blocks.set(job.ulid, { ...found, marks });
  }
}
