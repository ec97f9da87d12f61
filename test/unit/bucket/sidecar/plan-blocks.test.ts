import { expect, test } from 'vitest';
import { planBlocks } from '../../../../src/bucket/sidecar/plan-blocks.ts';
import { foundBlock, ulidOf } from './found-block.ts';

const HOUR_MS = 3_600_000;
const BLOCKS = [
  foundBlock(3, { minTimeMs: 4 * HOUR_MS, maxTimeMs: 6 * HOUR_MS }),
  foundBlock(1, { minTimeMs: 0, maxTimeMs: 2 * HOUR_MS }),
  foundBlock(2, { minTimeMs: 2 * HOUR_MS, maxTimeMs: 4 * HOUR_MS }),
  foundBlock(4, { minTimeMs: 6 * HOUR_MS, maxTimeMs: 8 * HOUR_MS, samples: 0 }),
  foundBlock(5, { minTimeMs: 0, maxTimeMs: 6 * HOUR_MS, level: 2 }),
];
const RULES = {
  uploaded: new Set<string>(),
  resting: new Set<string>(),
  minTimeMs: Number.NEGATIVE_INFINITY,
  uploadCompacted: false,
};
const plan = (rules: Partial<typeof RULES>) => {
  const { upload, passedOver } = planBlocks(BLOCKS, { ...RULES, ...rules });
  return { upload: upload.map(({ meta }) => BLOCKS.findIndex((b) => b.meta === meta)), passedOver };
};

test('level 1 goes, oldest first; compacted and empty blocks are passed over', () => {
  expect(plan({})).toEqual({
    upload: [1, 2, 0],
    passedOver: { empty: 1, compacted: 1, 'before-min-time': 0 },
  });
});

test('compacted blocks go when asked', () => {
  expect(plan({ uploadCompacted: true }).upload).toEqual([1, 4, 2, 0]);
});

test('a block that ends before the least time is passed over, one across it goes', () => {
  const at = plan({ minTimeMs: 2 * HOUR_MS });
  expect(at).toMatchObject({ upload: [2, 0], passedOver: { 'before-min-time': 1 } });
  expect(plan({ minTimeMs: 2 * HOUR_MS - 1 }).upload).toEqual([1, 2, 0]);
});

test('what is in the bucket, and what rests, is left alone', () => {
  const rules = { uploaded: new Set([ulidOf(1)]), resting: new Set([ulidOf(2)]) };
  expect(plan(rules).upload).toEqual([0]);
});
