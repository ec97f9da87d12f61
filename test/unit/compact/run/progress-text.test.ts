import { expect, test } from 'vitest';
import type { CompactJob, DownsampleJob } from '../../../../src/compact/planned-job.ts';
import type { JobProgress } from '../../../../src/compact/run/progress.ts';
import { progressText } from '../../../../src/compact/run/progress-text.ts';

const BASE = {
  id: 'job',
  group: { key: '0@a', labels: [{ name: 'cluster', value: 'eu' }], resolutionMs: 0 },
  sources: ['a', 'b', 'c'],
  minTimeMs: Date.UTC(2026, 10, 5),
  maxTimeMs: Date.UTC(2026, 10, 7),
  why: '',
  cost: { readBytes: 4000, writtenBytes: 1, requests: 1, diskBytes: 1 },
} as const;
const COMPACT: CompactJob = { ...BASE, kind: 'compact', level: 2, deduplication: 'merge' };
const DOWNSAMPLE: DownsampleJob = { ...BASE, kind: 'downsample', resolutionMs: 300_000 };
const MIB = 1024 ** 2;
const FAR = { readBytes: MIB, writtenBytes: 0, totalBytes: 4 * MIB, rate: MIB / 2, leftMs: 6000 };
const FIRST: JobProgress = { job: COMPACT, runningMs: 2000, ...FAR };
const SECOND: JobProgress = { job: DOWNSAMPLE, runningMs: 1000, ...FAR };

test('stage, blocks, bytes of how many, rate and time left, of the one that was begun first', () => {
  const blocks = 'compact 3 blocks of {cluster="eu"}, 2026-11-05T00:00 to 2026-11-07T00:00';
  const far = '1.0 MiB of 4.0 MiB, 512.0 KiB/s, 6s left';
  expect(progressText([FIRST], 200)).toBe(`${blocks}: ${far}`);
  expect(progressText([SECOND, FIRST], 200)).toBe(`${blocks}: ${far} (and 1 more)`);
  expect(progressText([SECOND], 200)).toMatch(/^downsample to 5m of \{cluster="eu"\}, /);
});

test('nothing is said of the rate before there is one, and nothing when nothing runs', () => {
  const begun = { ...FIRST, readBytes: 0, rate: 0, leftMs: undefined };
  expect(progressText([begun], 200)).toMatch(/: 0 B of 4\.0 MiB$/);
  expect(progressText([], 200)).toBe('');
});

test('it is never as wide as the terminal: the blocks go first, then the end', () => {
  expect(progressText([FIRST], 80)).toBe(
    'compact 3 blocks: 1.0 MiB of 4.0 MiB, 512.0 KiB/s, 6s left',
  );
  expect(progressText([FIRST], 20)).toBe('compact 3 blocks: 1');
});
