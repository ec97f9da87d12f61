import { expect, test } from 'vitest';
import { LiveRefs } from '../../../src/head/live-refs.ts';

test('what was added and what came after the walk began is live, the rest is not', () => {
  const refs = new LiveRefs(2 ** 40);
  const added = [1, 7, 0xffffffff, 2 ** 32 + 1];
  for (const ref of added) refs.add(ref);
  expect(added.map((ref) => refs.has(ref))).toEqual([true, true, true, true]);
  expect([2, 8, 2 ** 32, 2 ** 33 + 1].map((ref) => refs.has(ref))).not.toContain(true);
  expect(refs.has(2 ** 40)).toBe(true);
  expect(refs.has(2 ** 40 - 1)).toBe(false);
});
