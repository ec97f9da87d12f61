import { expect, test } from 'vitest';
import type { CompactJob } from '../../../../src/compact/planned-job.ts';
import { progressLine, progressOf } from '../../../../src/compact/run/progress.ts';

const JOB: CompactJob = {
  kind: 'compact',
  id: 'job',
  group: { key: '0@a', labels: [], resolutionMs: 0 },
  sources: [],
  minTimeMs: 0,
  maxTimeMs: 1,
  why: '',
  cost: { readBytes: 4000, writtenBytes: 1, requests: 1, diskBytes: 1 },
  level: 2,
  deduplication: 'merge',
};

test('rate and time left from what was read until now', () => {
  const told = { readBytes: 1000, writtenBytes: 10, totalBytes: 5000 };
  const progress = progressOf({ job: JOB, sinceMs: 500 }, told, 2500);
  expect(progress).toMatchObject({ runningMs: 2000, rate: 500, leftMs: 8000 });
  expect(progressLine(progress)).toMatchObject({
    percent: 20,
    bytesPerSecond: 500,
    leftSeconds: 8,
  });
});

test('before anything was read nothing is said of the time left', () => {
  const progress = progressOf({ job: JOB, sinceMs: 500 }, undefined, 500);
  expect(progress).toMatchObject({ rate: 0, leftMs: undefined, totalBytes: 4000 });
  expect(progressLine(progress)).not.toHaveProperty('leftSeconds');
});
