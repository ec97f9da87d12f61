import { expect, it } from 'vitest';
import { generationOf, nextGeneration } from '../../../../src/wal/restore/generation.ts';

it('a restored log is of the next generation, above all that was', () => {
  expect([-1, 0, 9_999_999, 10_000_000].map(generationOf)).toEqual([0, 0, 0, 1]);
  expect(nextGeneration([], 2)).toBe(10_000_000);
  expect(nextGeneration([3, 10_000_001, 7], 2)).toBe(20_000_000);
});

it('two restores of one log have two generations, though one has seen nothing of the other', () => {
  expect(nextGeneration([3], 2)).toBe(10_000_000);
  expect(nextGeneration([3], 3)).toBe(20_000_000);
});
