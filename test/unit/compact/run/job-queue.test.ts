import { expect, test } from 'vitest';
import { JobQueue } from '../../../../src/compact/run/job-queue.ts';
import type { MakingJob } from '../../../../src/compact/run/work.ts';

function job(id: string, group: string, diskBytes = 1, kind = 'compact'): MakingJob {
  const cost = { readBytes: 1, writtenBytes: 1, requests: 1, diskBytes };
  const range = { minTimeMs: 0, maxTimeMs: 1 };
  const base = { id, cost, ...range, why: '', sources: [id] };
  const key = { group: { key: group, labels: [], resolutionMs: 0 } };
  return kind === 'compact'
    ? { ...base, ...key, kind: 'compact', level: 2, deduplication: 'merge' }
    : { ...base, ...key, kind: 'downsample', resolutionMs: 300_000 };
}

function idOf(next: ReturnType<JobQueue['next']>): string {
  return next.kind === 'job' ? next.job.id : next.kind;
}

test('jobs come in order, of one group one at a time, each to a worker of its kind', async () => {
  const jobs = [job('a1', 'a'), job('a2', 'a'), job('b1', 'b'), job('b2', 'b', 1, 'downsample')];
  const queue = new JobQueue(jobs, 10);
  expect(idOf(queue.next('compact'))).toBe('a1');
  expect(idOf(queue.next('compact'))).toBe('b1');
  expect(idOf(queue.next('compact'))).toBe('wait');
  expect(idOf(queue.next('downsample'))).toBe('wait');
  const wait = queue.next('downsample');
  queue.done(jobs[2]!);
  // It is told of what ends between the asking and the waiting, too.
  await (wait.kind === 'wait' ? wait.change : Promise.reject(new Error(wait.kind)));
  expect(idOf(queue.next('downsample'))).toBe('b2');
  expect(idOf(queue.next('downsample'))).toBe('none');
  queue.done(jobs[0]!);
  expect(idOf(queue.next('compact'))).toBe('a2');
  expect(idOf(queue.next('compact'))).toBe('none');
});

test('what does not fit the disk waits for others, and smaller ones go first', () => {
  const jobs = [job('a', 'a', 6), job('b', 'b', 6), job('c', 'c', 4), job('d', 'd', 11)];
  const queue = new JobQueue(jobs, 10);
  expect(queue.tooLarge.map(({ id }) => id)).toEqual(['d']);
  expect(idOf(queue.next('compact'))).toBe('a');
  expect(idOf(queue.next('compact'))).toBe('c');
  expect(idOf(queue.next('compact'))).toBe('wait');
  queue.done(jobs[0]!);
  expect(idOf(queue.next('compact'))).toBe('b');
  queue.done(jobs[1]!);
  queue.done(jobs[2]!);
  expect(idOf(queue.next('compact'))).toBe('none');
});

test('a group that is dropped, and the end', () => {
  const queue = new JobQueue([job('a1', 'a'), job('a2', 'a'), job('b1', 'b')], 10);
  expect(queue.drop('a')).toBe(2);
  expect(idOf(queue.next('compact'))).toBe('b1');
  queue.end();
  expect(idOf(queue.next('compact'))).toBe('none');
});
