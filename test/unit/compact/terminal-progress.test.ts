import { expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import type { JobProgress } from '../../../src/compact/run/progress.ts';
import { showProgress } from '../../../src/compact/terminal-progress.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const PROGRESS: JobProgress = {
  job: {
    ...{ kind: 'compact', id: 'job', level: 2, deduplication: 'merge', why: '', sources: ['a'] },
    ...{ group: { key: '', labels: [], resolutionMs: 0 }, minTimeMs: 0, maxTimeMs: 1 },
    cost: { readBytes: 4, writtenBytes: 1, requests: 1, diskBytes: 1 },
  },
  ...{ runningMs: 1, readBytes: 1, writtenBytes: 0, totalBytes: 4, rate: 0, leftMs: undefined },
};

function world() {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  const written: string[] = [];
  const terminal = { write: (text: string) => void written.push(text), columns: () => 40 };
  return { clock, logger, written, terminal, timers: clock };
}

test('the line is written over itself, and goes when nothing runs and at the end', async () => {
  const { clock, written, ...rest } = world();
  const answers = [[PROGRESS], [PROGRESS], [], [PROGRESS]];
  const end = showProgress({ ...rest, running: async () => answers.shift() ?? [] });
  await clock.advance(2000);
  const line = '\r\x1b[Kcompact 1 blocks: 1 B of 4 B';
  expect(written).toEqual([line, line, '\r\x1b[K', line]);
  end();
  await clock.advance(2000);
  expect(written.slice(4)).toEqual(['\r\x1b[K']);
});

test('an answer that comes after the end is not shown; a failure ends nothing', async () => {
  const { clock, written, logger, ...rest } = world();
  let answer: (jobs: readonly JobProgress[]) => void = () => undefined;
  let calls = 0;
  const running = (): Promise<readonly JobProgress[]> => {
    if (calls++ === 0) return Promise.reject(new VarveError('thread_ended', 'gone'));
    return new Promise((resolve) => {
      answer = resolve;
    });
  };
  const end = showProgress({ ...rest, logger, running });
  await clock.advance(1500);
  expect(calls).toBe(2);
  end();
  answer([PROGRESS]);
  await clock.advance(500);
  expect(written).toEqual([]);
  expect(logger.records.some(({ message }) => message.includes('how far'))).toBe(true);
});
