import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BitSet } from '../../../../src/base/bytes/bit-set.ts';
import {
  intersectSorted,
  sortDistinct,
  subtractSorted,
} from '../../../../src/base/bytes/sorted-u32.ts';

const sorted = fc
  .uniqueArray(fc.nat(300), { maxLength: 200, size: 'max' })
  .map((list) => Uint32Array.from(list).sort());

test('the intersection is what both lists have, sorted', () => {
  fc.assert(
    fc.property(sorted, sorted, (a, b) => {
      expect([...intersectSorted(a, b)]).toEqual([...a].filter((value) => b.includes(value)));
    }),
  );
});

test('the difference is what the first list has and the second has not, sorted', () => {
  fc.assert(
    fc.property(sorted, sorted, (a, b) => {
      expect([...subtractSorted(a, b)]).toEqual([...a].filter((value) => !b.includes(value)));
    }),
  );
});

test('numbers in any order come out sorted, each once', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), (numbers) => {
      const distinct = [...new Set(numbers)].sort((a, b) => a - b);
      expect([...sortDistinct(Uint32Array.from(numbers))]).toEqual(distinct);
    }),
  );
});

test('a bit set holds what was added below its limit', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200)), (numbers) => {
      const set = new BitSet(150);
      const model = new Set<number>();
      for (const number of numbers) {
        expect(set.add(number)).toBe(number < 150 && !model.has(number));
        if (number < 150) model.add(number);
      }
      for (let i = 0; i < 210; i++) expect(set.has(i)).toBe(model.has(i));
    }),
  );
});
