import { expect, test } from 'vitest';
import { planTruncate } from '../../../src/wal/plan-truncate.ts';

test.each<[string, number[], number[], number | undefined]>([
  ['no segments', [], [], undefined],
  ['one segment', [0], [], undefined],
  ['one closed segment', [0, 1], [], undefined],
  ['two closed segments', [0, 1, 2], [], undefined],
  ['three closed segments', [0, 1, 2, 3], [], 1],
  ['ten closed segments', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [], 6],
  ['segments above a checkpoint', [7, 8, 9, 10, 11], [6], 9],
  ['segments left behind below a checkpoint', [5, 6, 7, 8, 9, 10, 11], [6], 9],
])('%s', (_, segments, checkpoints, expected) => {
  expect(planTruncate({ segments, checkpoints })).toBe(expected);
});
