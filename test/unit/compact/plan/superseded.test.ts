// Garbage by lineage, and what may stand in for a block.

import { describe, expect, it } from 'vitest';
import { isSetAside, sourcesOf } from '../../../../src/compact/plan/soundness.ts';
import { heirOf, SourceHolders, supersededBy } from '../../../../src/compact/plan/superseded.ts';
import { block, mark } from '../../../support/compact/plan-blocks.ts';

function one(ulid: string, sources: readonly string[], noCompact?: string) {
  const marks = {
    deletion: undefined,
    noCompact: noCompact === undefined ? undefined : mark(0, noCompact),
    noDownsample: undefined,
  };
  return block({ ulid, minTimeMs: 0, maxTimeMs: 1, sources, marks });
}

function heirs(...blocks: ReturnType<typeof one>[]): Record<string, string> {
  const found = supersededBy(blocks);
  expect(supersededBy([...blocks].reverse())).toEqual(found);
  return Object.fromEntries([...found].map(([ulid, heir]) => [ulid, heir.ulid]));
}

describe('garbage', () => {
  it('is what another one holds, and the heir is the last of a chain', () => {
    expect(heirs(one('A', ['1']), one('B', ['1', '2']), one('C', ['3', '2', '1']))).toEqual({
      A: 'C',
      B: 'C',
    });
  });

  it('is not what others hold together, or in part', () => {
    expect(heirs(one('A', ['1', '2']), one('B', ['1', '3']), one('C', ['2', '3']))).toEqual({});
  });

  it('of equal sources is all but the smallest ULID', () => {
    expect(heirs(one('C', ['1', '2']), one('A', ['2', '1']), one('B', ['1', '2']))).toEqual({
      B: 'A',
      C: 'A',
    });
  });

  it('is never for the sake of a damaged block, but a damaged one may be', () => {
    expect(heirs(one('A', ['1']), one('B', ['1', '2'], 'damaged'))).toEqual({});
    expect(heirs(one('A', ['1', '2'], 'damaged'), one('B', ['1', '2']))).toEqual({ A: 'B' });
    expect(heirs(one('A', ['1']), one('B', ['1', '2'], 'index-size-exceeding'))).toEqual({
      A: 'B',
    });
  });

  it('is not a block that names no sources', () => {
    expect(heirs(one('A', []), one('B', ['1']))).toEqual({});
    expect(sourcesOf(one('A', []))).toEqual(['A']);
  });

  it('is found in 20,000 copies without comparing each with each', () => {
    const names = Array.from({ length: 20_000 }, (_, at) => String(at).padStart(5, '0'));
    const found = supersededBy(names.map((name) => one(name, ['1', '2', '3'])));
    expect(found.size).toBe(19_999);
  });
});

describe('the heir of a block that is not among the others', () => {
  it('holds all of it', () => {
    const others = [one('B', ['1']), one('C', ['1', '2'])];
    const holders = new SourceHolders(others);
    const holdersOf = (source: string) => holders.of(source);
    expect(heirOf(one('A', ['1', '2']), holdersOf)?.ulid).toBe('C');
    expect(heirOf(one('A', ['1', '3']), holdersOf)).toBeUndefined();
    expect(heirOf(one('C', ['1', '2']), holdersOf)).toBeUndefined();
  });
});

describe('a no-compact mark', () => {
  it.each([
    ['manual', false],
    ['index-size-exceeding', false],
    ['downsample-vertical-compaction', false],
    ['block-index-out-of-order-chunk', true],
    ['checksum', true],
  ])('with the reason %s: set aside %s', (reason, isAside) => {
    expect(isSetAside(one('A', ['1'], reason))).toBe(isAside);
  });
});
