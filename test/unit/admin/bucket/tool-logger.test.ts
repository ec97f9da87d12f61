import { expect, test } from 'vitest';
import { toolLogger } from '../../../../src/admin/bucket/tool-logger.ts';

test('warnings and errors are lines, with what they name; all else is left out', () => {
  const lines: string[] = [];
  const logger = toolLogger((line) => lines.push(line));
  logger.debug('no');
  logger.info('no');
  logger.warn('plain');
  logger.child({ bucket: 'b' }).error('failed', { error: new Error('why'), left_out: undefined });
  expect(lines).toEqual(['plain', 'failed (bucket b, error why)']);
});
