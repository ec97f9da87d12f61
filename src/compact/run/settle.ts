// What becomes of the sources when a job has ended: marks, by what the worker came to.
//
// Invariant: a source gets its deletion mark only under the lease, and only after what was made of
// it was looked at in the bucket once more: whole, with all the sources, as the worker said.

import { VarveError } from '../../base/errors/varve-error.ts';
import type { ViewedBlock } from '../../bucket/block-view.ts';
import type { MergeOutcome, SourceFault } from '../merge/outcome.ts';
import { SUPERSEDED_DETAILS } from '../plan/marked.ts';
import { INDEX_SIZE_EXCEEDING, sourcesOf } from '../plan/soundness.ts';
import type { MarkJob } from '../planned-job.ts';
import type { JobEnd, MakingJob } from './work.ts';

/** Thanos's reason for chunks that are not in order. */
const OUT_OF_ORDER = 'block-index-out-of-order-chunk';
/** Varve's own for everything else that is wrong with a block; Thanos takes any word. */
const DAMAGED = 'block-damaged';

/** What settling works with. */
export interface SettleParts {
  readonly look: (ulid: string) => Promise<ViewedBlock | undefined>;
  /** Throws `locked` when the group is not held any more. */
  readonly assertHeld: () => void;
  readonly mark: (mark: Pick<MarkJob, 'ulid' | 'mark' | 'reason' | 'details'>) => Promise<unknown>;
  /** The job's sources, as the plan saw them. */
  readonly sources: readonly ViewedBlock[];
}

/** What came of a job. */
export interface Settled {
  readonly end: JobEnd;
  /** For people: half a sentence. */
  readonly what: string;
}

/** Settles a job whose worker came to an outcome. Throws what the store throws, and `locked`. */
export async function settle(
  job: MakingJob,
  outcome: MergeOutcome,
  parts: SettleParts,
): Promise<Settled> {
  switch (outcome.kind) {
    case 'made':
      return settleMade(job, outcome, parts);
    case 'empty':
      await markSources(job, parts, 'empty: all its samples are deleted');
      return { end: 'empty', what: 'all samples of the sources are deleted' };
    case 'bad-source':
      return settleBad(outcome.fault, parts);
    case 'too-large':
      return settleTooLarge(job, outcome.what, parts);
    case 'refused':
      return { end: 'failed', what: outcome.what };
  }
}

async function settleMade(
  job: MakingJob,
  made: Extract<MergeOutcome, { kind: 'made' }>,
  parts: SettleParts,
): Promise<Settled> {
  const found = await parts.look(made.ulid);
  const wrong = found === undefined ? 'it is not there as a sound block' : wrongWith(found, made);
  const lacking = found === undefined ? [] : lackingSources(found, parts.sources);
  const why = wrong ?? (lacking.length > 0 ? `it lacks the sources ${lacking.join()}` : undefined);
  if (why !== undefined)
    throw new VarveError('store_unavailable', `block ${made.ulid} was made, but ${why}`);
  if (job.kind === 'compact') await markSources(job, parts, SUPERSEDED_DETAILS + made.ulid);
  const { numSeries, numSamples } = made;
  return { end: 'made', what: `${numSeries} series, ${numSamples} samples in ${made.ulid}` };
}

function wrongWith(
  found: ViewedBlock,
  made: Extract<MergeOutcome, { kind: 'made' }>,
): string | undefined {
  const keys = ['minTimeMs', 'maxTimeMs', 'numSeries', 'numSamples', 'numChunks'] as const;
  const wrong = keys.find((key) => found[key] !== made[key]);
  return wrong && `its ${wrong} is ${found[wrong]}, and not ${made[wrong]}`;
}

function lackingSources(found: ViewedBlock, sources: readonly ViewedBlock[]): readonly string[] {
  const held = new Set(found.sources);
  return sources.flatMap(sourcesOf).filter((source) => !held.has(source));
}

async function markSources(job: MakingJob, parts: SettleParts, details: string): Promise<void> {
  // A raw block stays when a coarser one was made of it: retention takes it when it is due.
  if (job.kind !== 'compact') return;
  const reason = 'superseded';
  for (const ulid of job.sources) {
    parts.assertHeld();
    await parts.mark({ ulid, mark: 'deletion', reason, details });
  }
}

async function settleBad(fault: SourceFault, parts: SettleParts): Promise<Settled> {
  const { ulid, file, offset, kind, what } = fault;
  const details = `${file === '' ? 'block' : `${file} at byte ${offset}`}: ${what}`;
  const said = `block ${ulid}, ${details}`;
  // A block that is gone, or whose files are not all there, is told of by the next view.
  if ((await parts.look(ulid)) === undefined) return { end: 'set-aside', what: said };
  parts.assertHeld();
  const reason = kind === 'order' ? OUT_OF_ORDER : DAMAGED;
  await parts.mark({ ulid, mark: 'no-compact', reason, details });
  return { end: 'set-aside', what: said };
}

async function settleTooLarge(
  job: MakingJob,
  details: string,
  parts: SettleParts,
): Promise<Settled> {
  const [largest] = parts.sources.toSorted((a, b) => b.indexBytes - a.indexBytes);
  if (largest === undefined) return { end: 'failed', what: details };
  parts.assertHeld();
  const mark = job.kind === 'compact' ? 'no-compact' : 'no-downsample';
  await parts.mark({ ulid: largest.ulid, mark, reason: INDEX_SIZE_EXCEEDING, details });
  return { end: 'set-aside', what: `block ${largest.ulid}: ${details}` };
}
