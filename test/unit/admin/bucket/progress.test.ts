import { expect, test } from 'vitest';
import { doneText, Progress } from '../../../../src/admin/bucket/progress.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const DONE = { blocks: 3, ofBlocks: 12, bytes: 30 * 1024 ** 2, ofBytes: 120 * 1024 ** 2 };

test('blocks, bytes, rate and the time that is left', () => {
  expect(doneText(DONE, 10_000)).toBe('3 of 12 blocks, 30.0 MiB of 120.0 MiB, 3.0 MiB/s, 30s left');
  expect(doneText({ ...DONE, bytes: 0 }, 10_000)).toBe('3 of 12 blocks, 0 B of 120.0 MiB');
});

test('the line is written over itself, not too often, and taken away', async () => {
  const clock = new ManualClock();
  let text = '';
  const progress = new Progress((more) => {
    text += more;
  }, clock);
  progress.clear();
  expect(text).toBe('');
  progress.show(() => 'a');
  progress.show(() => 'b');
  await clock.advance(200);
  progress.show(() => 'c');
  progress.clear();
  progress.clear();
  expect(text).toBe('\r\x1b[Ka\r\x1b[Kc\r\x1b[K');
});

test('nothing is made for whom nobody sees', () => {
  new Progress(undefined, new ManualClock()).show(() => {
    throw new Error('made');
  });
});
