import { describe, expect, it } from 'vitest';
import { NodeRandom } from '../../../../src/base/runtime/node-random.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

describe.each([
  ['NodeRandom', new NodeRandom()],
  ['SeededRandom', new SeededRandom(7)],
])('%s', (_name, random) => {
  it('gives 32-bit numbers, fractions and bytes over their whole range', () => {
    const words = Array.from({ length: 1000 }, () => random.u32());
    expect(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true);
    expect(new Set(words).size).toBeGreaterThan(990);
    expect(Math.max(...words)).toBeGreaterThan(0.9 * 2 ** 32);
    const fractions = Array.from({ length: 1000 }, () => random.fraction());
    expect(fractions.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
    expect(new Set(random.bytes(1000)).size).toBeGreaterThan(200);
    expect(random.bytes(0).length).toBe(0);
  });
});

it('a seed gives the same numbers again, another seed others', () => {
  const first = new SeededRandom(1);
  const again = new SeededRandom(1);
  const other = new SeededRandom(2);
  const numbers = Array.from({ length: 5 }, () => first.u32());
  expect(Array.from({ length: 5 }, () => again.u32())).toEqual(numbers);
  expect(Array.from({ length: 5 }, () => other.u32())).not.toEqual(numbers);
  for (let i = 0; i < 100; i++) expect([3, 4]).toContain(other.between(3, 5));
});
