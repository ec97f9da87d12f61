import { describe, expect, it } from 'vitest';
import { byCutting, type HeldRange, holderOf } from '../../../src/bucket/hold-back.ts';

function block(ulid: string, minTimeMs: number, maxTimeMs: number, cutAt?: number): HeldRange {
  const cut = cutAt === undefined ? {} : { cutAt: { segment: cutAt, offset: 0 } };
  return { ulid, minTimeMs, maxTimeMs, ...cut };
}

describe('holderOf', () => {
  const missing = [
    block('F', 0, 100), // a Prometheus's, which holds nothing back
    block('A', 0, 10, 1),
    block('C', 20, 30, 2),
    block('D', 5, 25, 3),
  ];

  it.each([
    ['the first that overlaps it', block('E', 6, 22, 4), 'A'],
    ['one that overlaps it at its end', block('E', 24, 40, 4), 'C'],
    ['one that holds all of it', block('E', 12, 13, 4), 'D'],
    ['none when it begins where others end', block('E', 30, 40, 4), undefined],
    ['none when it ends where others begin', block('B', 10, 20, 2), undefined],
    ['none that was cut later', block('B', 21, 22, 1), undefined],
    ['not itself', block('A', 0, 10, 1), undefined],
  ])('is %s', (_, one, ulid) => {
    expect(holderOf(one, missing)?.ulid).toBe(ulid);
  });
});

describe('the order of cutting', () => {
  it('is that of the log, also when the clock went back', () => {
    expect(byCutting(block('B', 0, 1, 7), block('A', 0, 1, 8))).toBeLessThan(0);
    const late = { ...block('A', 0, 1), cutAt: { segment: 7, offset: 5 } };
    expect(byCutting(block('B', 0, 1, 7), late)).toBeLessThan(0);
    expect(byCutting(block('A', 0, 1, 7), block('B', 0, 1, 7))).toBeLessThan(0);
  });

  it('has what was there before the log first, by ULID', () => {
    const sorted = [block('A', 0, 1, 1), block('C', 0, 1), block('B', 0, 1)].sort(byCutting);
    expect(sorted.map(({ ulid }) => ulid)).toEqual(['B', 'C', 'A']);
  });
});
