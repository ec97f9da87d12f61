import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HashIndex, NO_ENTRY } from '../../../../src/base/bytes/hash-index.ts';
import { Hash32 } from '../../../../src/base/bytes/hash32.ts';

function all(index: HashIndex, hash: number): number[] {
  const found: number[] = [];
  for (let entry = index.first(hash); entry !== NO_ENTRY; entry = index.next()) found.push(entry);
  return found.sort((a, b) => a - b);
}

describe('a hash index', () => {
  test('finds what a Map of sets has, while entries come and go', () => {
    const hash = fc.oneof(fc.nat(20), fc.constantFrom(0xffffffff, 0x80000000, 0xfffff000));
    const step = fc.tuple(fc.boolean(), hash, fc.nat(1000));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const index = new HashIndex();
        const model = new Map<number, Set<number>>();
        for (const [add, hash, number] of steps) {
          const numbers = model.get(hash) ?? new Set();
          model.set(hash, numbers);
          if (add && !numbers.has(number)) {
            numbers.add(number);
            index.add(hash, number);
          } else if (!add && numbers.delete(number)) {
            index.remove(hash, number);
          }
        }
        for (const [hash, numbers] of model)
          expect(all(index, hash)).toEqual([...numbers].sort((a, b) => a - b));
      }),
    );
  });

  test('grows by splitting tables, and shrinks to nothing found', () => {
    const index = new HashIndex();
    const hash = new Hash32(1, 2);
    const count = 50_000;
    for (let i = 0; i < count; i++) index.add(hash.pair(i, 7), i);
    expect(index.count).toBe(count);
    // Two thirds full on average, eight bytes a cell.
    expect(index.sizeBytes / count).toBeLessThan(21);
    const missing = (wanted: (i: number) => boolean) =>
      [...Array(count).keys()].filter((i) => all(index, hash.pair(i, 7)).includes(i) !== wanted(i));
    expect(missing(() => true)).toEqual([]);
    for (let i = 0; i < count; i += 2) index.remove(hash.pair(i, 7), i);
    expect(missing((i) => i % 2 === 1)).toEqual([]);
  });
});

describe('the seeded hash', () => {
  test('depends on seed, content and length only', () => {
    const a = new Hash32(1, 2);
    const b = new Hash32(1, 3);
    const bytes = new DataView(Uint8Array.from([9, 9, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5]).buffer);
    expect(a.bytes(bytes, 2, 5)).toBe(a.bytes(bytes, 7, 5));
    expect(a.bytes(bytes, 2, 5)).not.toBe(b.bytes(bytes, 2, 5));
    expect(a.bytes(bytes, 2, 5)).not.toBe(a.bytes(bytes, 2, 4));
    const words = Uint32Array.from([1, 0xffffffff, 3]);
    expect(a.words(words, 2)).toBe(a.words(words.subarray(0, 2), 2));
    expect(a.words(words, 2)).not.toBe(a.words(words, 3));
    expect(a.pair(1, 2)).not.toBe(a.pair(2, 1));
  });

  test('spreads over all bits', () => {
    const hash = new Hash32(123, 456);
    const ones = new Array<number>(32).fill(0);
    for (let i = 0; i < 4000; i++) {
      const value = hash.pair(i, 0);
      for (let bit = 0; bit < 32; bit++) ones[bit]! += (value >>> bit) & 1;
    }
    for (const count of ones) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});
