import { expect, it } from 'vitest';
import { LimitedLog } from '../../../../src/base/observe/limited-log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';

it('writes the first at once, then one a period with the number left out', async () => {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  const log = new LimitedLog(logger, clock, 1000);
  for (let i = 0; i < 5; i++) log.warn('a', 'too old', { i });
  log.error('b', 'other');
  await clock.advance(1000);
  log.warn('a', 'too old', { i: 5 });
  await clock.advance(1000);
  log.warn('a', 'too old', { i: 6 });
  expect(logger.records).toEqual([
    { level: 'warn', message: 'too old', fields: { i: 0 } },
    { level: 'error', message: 'other', fields: {} },
    { level: 'warn', message: 'too old', fields: { i: 5, suppressed: 4 } },
    { level: 'warn', message: 'too old', fields: { i: 6 } },
  ]);
});

it('forgets the key used longest ago when there are too many', () => {
  const logger = new MemoryLogger();
  const log = new LimitedLog(logger, new ManualClock());
  for (let i = 0; i <= 1000; i++) log.warn(String(i), 'x');
  log.warn('1000', 'x');
  expect(logger.records.length).toBe(1001);
  log.warn('0', 'x');
  expect(logger.records.length).toBe(1002);
});
