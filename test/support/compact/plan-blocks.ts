// Blocks and options for tests of plans: small to write, complete for the planner.

import { labelsOf } from '../../../src/base/model/labels.ts';
import type { BlockView, ViewedBlock } from '../../../src/bucket/block-view.ts';
import type { Mark } from '../../../src/bucket/marks/format.ts';
import {
  type EstimateJob,
  INDEX_BYTES_MAX,
  INDEX_TABLE_BYTES_MAX,
  LEVEL_RANGES_MS,
  MERGE_SOURCES_MAX,
  PARTIAL_AGE_MS,
  type PlanOptions,
} from '../../../src/compact/plan/options.ts';
import { type PlanInput, planBucket } from '../../../src/compact/plan/plan.ts';
import type { CompactPlan } from '../../../src/compact/planned-job.ts';

import { PLAN_PARTS } from '../../../src/plan-parts.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID of this time with this number in it. */
export function ulidOf(timeMs: number, number: number): string {
  const digits = (value: number, count: number): string => {
    let text = '';
    let left = Math.floor(value);
    for (let i = 0; i < count; i++) {
      text = ALPHABET.charAt(left % 32) + text;
      left = Math.floor(left / 32);
    }
    return text;
  };
  return digits(timeMs, 10) + digits(number, 16);
}

/** A block with what the test does not say filled in; its source is itself. */
export function block(
  given: Partial<Omit<ViewedBlock, 'labels'>> & {
    readonly ulid: string;
    readonly minTimeMs: number;
    readonly maxTimeMs: number;
    readonly labels?: Readonly<Record<string, string>>;
  },
): ViewedBlock {
  return {
    resolutionMs: 0,
    level: 1,
    sources: [given.ulid],
    source: 'test',
    numSeries: 10,
    numSamples: 1000,
    numChunks: 10,
    numTombstones: 0,
    sizeBytes: 1000,
    indexBytes: 100,
    fileCount: 2,
    uploadedMs: 0,
    marks: { deletion: undefined, noCompact: undefined, noDownsample: undefined },
    ...given,
    labels: labelsOf(Object.entries(given.labels ?? { tenant: 'a' })),
  };
}

export function mark(timeMs: number, reason = '', details = ''): Mark {
  return { ulid: '', timeMs, details, reason };
}

export function viewOf(blocks: readonly ViewedBlock[], takenMs = 0): BlockView {
  return { takenMs, blocks, partial: [], broken: [], faults: [] };
}

export const OPTIONS: PlanOptions = {
  replicaLabels: [],
  deduplication: 'merge',
  retention: { rawMs: 0, fiveMinutesMs: 0, oneHourMs: 0 },
  isDownsamplingDisabled: false,
  deleteDelayMs: 2 * DAY_MS,
  levelRangesMs: LEVEL_RANGES_MS,
  directMergeBlocksMax: 0,
  mergeSourcesMax: MERGE_SOURCES_MAX,
  indexBytesMax: INDEX_BYTES_MAX,
  indexTableBytesMax: INDEX_TABLE_BYTES_MAX,
  partialAgeMs: PARTIAL_AGE_MS,
};

/** Sums of what goes in. */
export const estimate: EstimateJob = (_kind, sources) => {
  const readBytes = sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const indexBytes = sources.reduce((sum, one) => sum + one.indexBytes, 0);
  const cost = { readBytes, writtenBytes: readBytes, requests: 10, diskBytes: indexBytes };
  return { cost, indexBytes, indexTableBytes: 0 };
};

/** The plan of these blocks; the store's clock is right. */
export function planOf(
  blocks: readonly ViewedBlock[],
  nowMs: number,
  more: Partial<PlanOptions> = {},
  input: Partial<PlanInput> = {},
): CompactPlan {
  return planBucket({
    view: viewOf(blocks, nowMs),
    nowMs,
    storeMs: nowMs,
    options: { ...OPTIONS, ...more },
    estimate,
    parts: PLAN_PARTS,
    ...input,
  });
}
