// Blocks of a Prometheus as their meta.json tells of them, for tests that need no files.

import type { FoundBlock } from '../../../../src/bucket/sidecar/plan-blocks.ts';

export interface FoundFacts {
  readonly minTimeMs?: number;
  readonly maxTimeMs?: number;
  readonly level?: number;
  readonly samples?: number;
  readonly sources?: readonly string[];
}

/** A ULID that ends in this number. */
export function ulidOf(number: number): string {
  return `01M832KAJWMK22126GMWC${String(number).padStart(5, '0')}`;
}

export function foundBlock(number: number, facts: FoundFacts = {}): FoundBlock {
  const { minTimeMs = 0, maxTimeMs = 7_200_000, level = 1, samples = 7 } = facts;
  const ulid = ulidOf(number);
  const stats = {
    numSamples: samples,
    numFloatSamples: samples,
    numHistogramSamples: 0,
    numSeries: 1,
    numChunks: 1,
    numTombstones: 0,
  };
  const compaction = {
    level,
    sources: facts.sources ?? [ulid],
    parents: [],
    hints: [],
    deletable: false,
    failed: false,
  };
  return { dir: `/prom/${ulid}`, meta: { ulid, minTimeMs, maxTimeMs, stats, compaction } };
}
