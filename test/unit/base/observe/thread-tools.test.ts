import { expect, test } from 'vitest';
import { threadTools } from '../../../../src/base/observe/thread-tools.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

test('what a thread logs is counted by level, also what its level keeps back', () => {
  const { logger, metrics } = threadTools(
    'jobs',
    { level: 'error', format: 'logfmt' },
    new ManualClock(),
  );
  logger.debug('one');
  logger.child({ tenant: 'a' }).debug('two');
  logger.info('three');
  const counted = metrics
    .snapshot()
    .filter(({ name }) => name === 'varve_log_messages_total')
    .flatMap(({ samples }) => samples.map(({ labels, value }) => `${labels} ${value}`));
  expect(counted.sort()).toEqual(['debug 2', 'info 1']);
});
