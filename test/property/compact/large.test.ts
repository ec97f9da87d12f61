// A plan of 20,000 blocks: what it takes is printed, not judged (bench/ judges speed).

import { describe, expect, test } from 'vitest';
import type { ViewedBlock } from '../../../src/bucket/block-view.ts';
import { block, DAY_MS, HOUR_MS, planOf, ulidOf } from '../../support/compact/plan-blocks.ts';

const START_MS = 14 * DAY_MS * 1300;
const BLOCKS = 20_000;

/** Blocks of two hours in `groups` groups, side by side. */
function bucket(groups: number): ViewedBlock[] {
  return Array.from({ length: BLOCKS }, (_, at) => {
    const minTimeMs = START_MS + Math.floor(at / groups) * 2 * HOUR_MS;
    const labels = { tenant: `t${at % groups}`, cluster: 'c' };
    const maxTimeMs = minTimeMs + 2 * HOUR_MS;
    const uploadedMs = maxTimeMs + HOUR_MS;
    return block({ ulid: ulidOf(maxTimeMs, at), minTimeMs, maxTimeMs, labels, uploadedMs });
  });
}

/** A bucket that was compacted for years: 14 d in three layers, 168 sources each; then small ones. */
function compacted(groups: number): ViewedBlock[] {
  const large = Array.from({ length: 1000 }, (_, at) => {
    const minTimeMs = START_MS - (1 + Math.floor(at / groups)) * 14 * DAY_MS;
    const first = ulidOf(minTimeMs, at % groups);
    const sources = Array.from({ length: 168 }, (_, n) => `${first}${n}`);
    return [0, 300_000, 3_600_000].map((resolutionMs, layer) =>
      block({
        ulid: ulidOf(minTimeMs, at * 3 + layer),
        minTimeMs,
        maxTimeMs: minTimeMs + 14 * DAY_MS,
        labels: { tenant: `t${at % groups}`, cluster: 'c' },
        resolutionMs,
        sources,
        uploadedMs: minTimeMs + 15 * DAY_MS,
      }),
    );
  }).flat();
  return [...large, ...bucket(groups).slice(large.length)];
}

const RETENTION = { rawMs: 400 * DAY_MS, fiveMinutesMs: 800 * DAY_MS, oneHourMs: 0 };

describe('20,000 blocks', () => {
  test.each([
    ['in one group', () => bucket(1), {}],
    ['in one group, most of them due', () => bucket(1), { retention: RETENTION }],
    ['in 200 groups', () => bucket(200), { retention: RETENTION }],
    ['of which 3,000 are compacted', () => compacted(50), { retention: RETENTION }],
  ])('%s are planned', (name, make, options) => {
    const blocks = make();
    const nowMs = blocks.reduce((max, { maxTimeMs }) => Math.max(max, maxTimeMs), 0) + HOUR_MS;
    planOf(blocks.slice(0, 2000), nowMs); // compiled once
    const before = process.cpuUsage();
    const plan = planOf(blocks, nowMs, options);
    const { user, system } = process.cpuUsage(before);
    const cpuMs = Math.round((user + system) / 1000);
    process.stdout.write(`${name}: ${cpuMs} ms of CPU, ${plan.jobs.length} jobs\n`);
    const named = new Set(plan.kept.map(({ ulid }) => ulid));
    for (const job of plan.jobs) {
      for (const ulid of 'group' in job ? job.sources : [job.ulid]) named.add(ulid);
    }
    expect(named.size).toBe(BLOCKS);
  });
});
