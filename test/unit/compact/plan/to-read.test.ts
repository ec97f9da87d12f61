import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ViewedBlock } from '../../../../src/bucket/block-view.ts';
import { garbageOf } from '../../../../src/compact/plan/garbage.ts';
import { REPAIRED_DETAILS } from '../../../../src/compact/plan/marked.ts';
import { blocksToRead } from '../../../../src/compact/plan/to-read.ts';
import { block as blockOf, mark } from '../../../support/compact/plan-blocks.ts';

interface More {
  readonly isMarked?: boolean;
  /** Of a no-compact mark. */
  readonly reason?: string;
  readonly resolutionMs?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

function block(ulid: string, sources: string, more: More = {}): ViewedBlock {
  const { isMarked = false, reason, resolutionMs = 0, labels = {} } = more;
  return {
    ...blockOf({ ulid, minTimeMs: 0, maxTimeMs: 1, resolutionMs, labels }),
    sources: [...sources],
    marks: {
      deletion: isMarked ? mark(0) : undefined,
      noCompact: reason === undefined ? undefined : mark(0, reason),
      noDownsample: undefined,
    },
  };
}

function read(blocks: readonly ViewedBlock[], distrusted: readonly string[] = []): string {
  const options = { resolutionMs: 0, replicaLabels: ['replica'], distrusted: new Set(distrusted) };
  return blocksToRead(blocks, options)
    .map((family) => family.blocks.map(({ ulid }) => ulid).join(''))
    .join('|');
}

const MARKED = { isMarked: true };
const BAD = { reason: 'block-damaged' };

it.each<[string, readonly ViewedBlock[], string]>([
  ['sources and no result yet', [block('1', 'a'), block('2', 'b')], '12'],
  ['a result takes their place at once', [block('1', 'a'), block('2', 'b'), block('3', 'ab')], '3'],
  ['and when some are marked', [block('1', 'a', MARKED), block('2', 'b'), block('3', 'ab')], '3'],
  ['and when some are gone', [block('2', 'b', MARKED), block('3', 'ab')], '3'],
  ['two results of two compactors: the smaller ULID', [block('4', 'ab'), block('3', 'ab')], '3'],
  ['the other one is marked', [block('3', 'ab', MARKED), block('4', 'ab')], '4'],
  ['the next level', [block('3', 'ab', MARKED), block('4', 'cd'), block('5', 'abcd')], '5'],
  [
    'a late block beside a result',
    [block('1', 'a', MARKED), block('3', 'ab'), block('4', 'c')],
    '34',
  ],
  ['marked, and the successor is not there', [block('1', 'a', MARKED), block('2', 'b')], '21'],
  [
    'all are marked: what has most is enough',
    [block('1', 'a', MARKED), block('3', 'ab', MARKED)],
    '3',
  ],
  ['what others hold together', [block('1', 'a'), block('2', 'b'), block('3', 'ab', MARKED)], '12'],
  [
    'a result that was set aside: its sources, marked or not',
    [block('1', 'a', MARKED), block('2', 'b', MARKED), block('3', 'ab', BAD)],
    '12',
  ],
  ['of which one is gone: it comes last', [block('2', 'b', MARKED), block('1', 'ab', BAD)], '21'],
  [
    'a harmless no-compact mark is no fault',
    [block('1', 'a', MARKED), block('3', 'ab', { reason: 'manual' })],
    '3',
  ],
  ['another resolution counts for nothing', [block('1', 'a', MARKED), block('3', 'a')], '3'],
  ['nor is it read', [block('1', 'a', MARKED), block('3', 'ab', { resolutionMs: 300_000 })], '1'],
  [
    'replicas are one family, other labels are others',
    [
      block('1', 'a', { labels: { replica: 'r1' } }),
      block('2', 'b', { labels: { replica: 'r2' } }),
      block('3', 'ab'),
      block('4', 'ab', { labels: { x: 'y' } }),
    ],
    '3|4',
  ],
])('%s', (_, blocks, wanted) => {
  expect(read(blocks).split('|').sort().join('|')).toBe(wanted);
  expect(read(blocks.toReversed())).toBe(read(blocks));
});

it('a block in which damage was met comes after all that hold the same', () => {
  const blocks = [block('1', 'a', MARKED), block('2', 'b', MARKED), block('3', 'ab')];
  expect(read(blocks)).toBe('3');
  expect(read(blocks, ['3'])).toBe('12');
  expect(read(blocks.slice(1), ['3'])).toBe('23');
  expect(read(blocks, ['1', '2', '3'])).toBe('3');
});

it('holds every source, reads nothing that is garbage to plans, and no block in vain', () => {
  const one = fc.record({
    sources: fc.uniqueArray(fc.constantFrom(...'abcdef'), { minLength: 1 }),
    isMarked: fc.boolean(),
    reason: fc.option(fc.constantFrom('block-damaged', 'manual'), { nil: undefined, freq: 5 }),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 12 }), (given) => {
      const blocks = given.map(({ sources, isMarked, reason }, i) => {
        const more = reason === undefined ? { isMarked } : { isMarked, reason };
        return block(String.fromCharCode(65 + i), sources.sort().join(''), more);
      });
      const chosen = new Set(read(blocks));
      const held = (some: readonly ViewedBlock[]): string =>
        [...new Set(some.flatMap(({ sources }) => sources))].sort().join('');
      const taken = blocks.filter(({ ulid }) => chosen.has(ulid));
      expect(held(taken)).toBe(held(blocks));
      for (const ulid of garbageOf(blocks, ['replica']).keys()) expect(chosen).not.toContain(ulid);
      const order = [...read(blocks)];
      const marked = (ulid: string): number =>
        Number(blocks.find((other) => other.ulid === ulid)?.marks.deletion !== undefined);
      const good = order.filter(
        (ulid) => blocks.find((b) => b.ulid === ulid)?.marks.noCompact?.reason !== 'block-damaged',
      );
      expect(good.map(marked)).toEqual(good.map(marked).sort());
    }),
    { numRuns: 500 },
  );
});

it('what was repaired is not read beside what it was repaired as, and is while that is not there', () => {
  const [damaged, made] = ['01M832KAJWMK22126GMWCXRFNA', '01M832NMCBMHG82BHKZJX0AAAA'];
  const { marks, ...rest } = block(damaged, 'a');
  const deletion = mark(0, 'repaired', `${REPAIRED_DETAILS}${made}: index, byte 5: torn`);
  const old = { ...rest, marks: { ...marks, deletion } };
  const repaired = { ...block(made, ''), sources: [made] };
  expect(read([old, repaired])).toBe(made);
  expect(read([old])).toBe(damaged);
  expect(read([old, repaired], [made])).toBe(`${damaged}${made}`);
});
