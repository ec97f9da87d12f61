import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import type { Labels } from '../../../../src/base/model/labels.ts';
import { labelsOf } from '../../../../src/base/model/labels.ts';
import type { ViewedBlock } from '../../../../src/bucket/block-view.ts';
import { garbageOf } from '../../../../src/compact/plan/garbage.ts';
import { block as blockOf, mark } from '../../../support/compact/plan-blocks.ts';

function block(
  ulid: string,
  sources: string,
  more: { labels?: Labels; resolutionMs?: number; isMarked?: boolean; reason?: string } = {},
): ViewedBlock {
  const deletion = more.isMarked === true ? mark(0) : undefined;
  const noCompact = more.reason === undefined ? undefined : mark(0, more.reason);
  return {
    ...blockOf({ ulid, minTimeMs: 0, maxTimeMs: 1 }),
    labels: more.labels ?? [],
    resolutionMs: more.resolutionMs ?? 0,
    sources: [...sources],
    marks: { deletion, noCompact, noDownsample: undefined },
  };
}

const r1 = labelsOf([['replica', 'r1']]);
const r2 = labelsOf([['replica', 'r2']]);

it.each<[string, readonly ViewedBlock[], Record<string, string>]>([
  ['one in another', [block('1', 'a'), block('2', 'ab')], { 1: '2' }],
  [
    'several together make none',
    [block('1', 'ab'), block('2', 'a'), block('3', 'b')],
    { 2: '1', 3: '1' },
  ],
  ['none covers all of it', [block('1', 'abc'), block('2', 'ab'), block('3', 'bcd')], { 2: '1' }],
  [
    'equal sources: the smallest stays',
    [block('3', 'ab'), block('1', 'ab'), block('2', 'ab')],
    { 2: '1', 3: '1' },
  ],
  [
    'the largest is named',
    [block('1', 'a'), block('2', 'ab'), block('3', 'abc')],
    { 1: '3', 2: '3' },
  ],
  ['other resolution', [block('1', 'a'), block('2', 'ab', { resolutionMs: 300_000 })], {}],
  [
    'other labels',
    [block('1', 'a', { labels: r1 }), block('2', 'ab', { labels: labelsOf([['x', 'y']]) })],
    {},
  ],
  [
    'replica labels do not count',
    [block('1', 'a', { labels: r1 }), block('2', 'b', { labels: r2 }), block('3', 'ab')],
    { 1: '3', 2: '3' },
  ],
  ['what is marked holds nothing', [block('1', 'a'), block('2', 'ab', { isMarked: true })], {}],
  [
    'what is marked gives way, even with the smaller ULID',
    [block('1', 'ab', { isMarked: true }), block('2', 'ab')],
    { 1: '2' },
  ],
  [
    'what was set aside as damaged holds nothing',
    [block('1', 'a'), block('2', 'ab', { reason: 'block-damaged' })],
    {},
  ],
  [
    'what was only walled off does',
    [block('1', 'a'), block('2', 'ab', { reason: 'index-size-exceeding' })],
    { 1: '2' },
  ],
])('%s', (_, blocks, expected) => {
  expect(Object.fromEntries(garbageOf(blocks, ['replica']))).toEqual(expected);
});

/** The rule, as it is said. */
function isGarbage(one: ViewedBlock, by: ViewedBlock): boolean {
  if (one.ulid === by.ulid || by.marks.deletion !== undefined) return false;
  if (one.resolutionMs !== by.resolutionMs) return false;
  if (!one.sources.every((source) => by.sources.includes(source))) return false;
  const isEqual = one.sources.length === by.sources.length;
  return !isEqual || one.marks.deletion !== undefined || by.ulid < one.ulid;
}

test('agrees with the rule word by word, in any order, and names none that is garbage', () => {
  const made = fc.tuple(
    fc.uniqueArray(fc.constantFrom(...'abcdef'), { minLength: 1 }),
    fc.boolean(),
    fc.constantFrom(0, 300_000),
  );
  const sets = fc.array(made, { maxLength: 14 }).chain((all) =>
    fc
      .shuffledSubarray(
        all.map((_, i) => i),
        { minLength: all.length },
      )
      .map((order) => {
        const blocks = all.map(([sources, isMarked, resolutionMs], i) =>
          block(String(i).padStart(2, '0'), sources.sort().join(''), { isMarked, resolutionMs }),
        );
        return { blocks, shuffled: order.map((i) => blocks[i]!) };
      }),
  );
  fc.assert(
    fc.property(sets, ({ blocks, shuffled }) => {
      const found = garbageOf(blocks, []);
      expect(new Map([...garbageOf(shuffled, [])].sort())).toEqual(new Map([...found].sort()));
      for (const one of blocks) {
        const expected = blocks.some((by) => isGarbage(one, by));
        expect([one.ulid, found.has(one.ulid)]).toEqual([one.ulid, expected]);
      }
      for (const [, by] of found) expect(found.has(by)).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

test('20,000 blocks with the same source are no 20,000 times 20,000 comparisons', () => {
  let reads = 0;
  const blocks = Array.from({ length: 20_000 }, (_, i) => {
    const one = block(String(i).padStart(5, '0'), '');
    const sources = ['common', `own-${i}`];
    return {
      ...one,
      get sources() {
        reads++;
        return sources;
      },
    };
  });
  expect(garbageOf(blocks, []).size).toBe(0);
  expect(reads).toBeLessThan(2_000_000);
});
