import { describe, expect, it } from 'vitest';
import { Hash32 } from '../../../src/base/bytes/hash32.ts';
import { NOT_CACHED, SeriesCache } from '../../../src/write/series-cache.ts';

const hash = new Hash32(1, 2);

/** A view with the key somewhere inside, at no multiple of four. */
function viewOf(key: string): [DataView, number, number] {
  const bytes = Buffer.from(`<${key}>`);
  return [new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 1, bytes.length - 2];
}

function add(cache: SeriesCache, owner: number, key: string, slot: number): number {
  expect(cache.find(owner, ...viewOf(key))).toBe(NOT_CACHED);
  const entry = cache.add(owner, ...viewOf(key));
  if (entry !== NOT_CACHED) cache.place(entry, 3, slot, 2 ** 40 + slot);
  return entry;
}

describe('SeriesCache', () => {
  it('finds by order, by hash, and gives back the place', () => {
    const cache = new SeriesCache(hash, 1 << 20);
    const keys = ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'abcdefghijk'];
    for (const [slot, key] of keys.entries()) add(cache, 1, key, slot);
    for (let round = 0; round < 2; round++) {
      cache.begin();
      for (const [slot, key] of keys.entries()) {
        const entry = cache.find(1, ...viewOf(key));
        expect([cache.stream(entry), cache.slot(entry), cache.walRef(entry)]).toEqual([
          3,
          slot,
          2 ** 40 + slot,
        ]);
      }
    }
    expect(cache.counts).toMatchObject({ guessed: 12, hashed: 2, missed: 7 });
  });

  it('tells owners apart, and keys that differ in their last byte', () => {
    const cache = new SeriesCache(hash, 1 << 20);
    add(cache, 1, 'abcdefg1', 1);
    add(cache, 1, 'abcdefg2', 2);
    add(cache, 1, 'abcdefgh1', 3);
    expect(cache.find(2, ...viewOf('abcdefg1'))).toBe(NOT_CACHED);
    expect(cache.slot(cache.find(1, ...viewOf('abcdefg2')))).toBe(2);
    expect(cache.find(1, ...viewOf('abcdefgh2'))).toBe(NOT_CACHED);
  });

  it('learns a new order', () => {
    const cache = new SeriesCache(hash, 1 << 20);
    for (const key of ['a', 'b', 'c']) add(cache, 1, key, 0);
    for (let round = 0; round < 3; round++) {
      cache.begin();
      for (const key of ['c', 'a', 'b']) cache.find(1, ...viewOf(key));
    }
    // The first of each round by its hash; of the others once a pair that was not known.
    expect(cache.counts).toMatchObject({ hashed: 4, guessed: 5 });
  });

  it('takes nothing new when it is full, and begins again when it is of no use', () => {
    const cache = new SeriesCache(hash, 1024 * 1024);
    const key = (n: number) => `${n} `.padEnd(1000, 'x');
    let count = 0;
    while (add(cache, 1, key(count), count) !== NOT_CACHED) count++;
    expect(count).toBeGreaterThan(500);
    expect(cache.stats.bytes).toBeLessThan(1.5 * 1024 * 1024);
    cache.begin();
    for (let i = 0; i < count; i++) expect(cache.find(1, ...viewOf(key(i)))).not.toBe(NOT_CACHED);
    for (let i = 0; i < 4 * count; i++) add(cache, 1, key(1_000_000 + i), 0);
    expect(cache.counts.emptied).toBe(1);
    expect(cache.stats.entries).toBeLessThan(10);
  });

  it('does not keep very long keys', () => {
    const cache = new SeriesCache(hash, 1 << 20);
    expect(add(cache, 1, 'x'.repeat(16 * 1024 + 1), 0)).toBe(NOT_CACHED);
    expect(add(cache, 1, 'x'.repeat(16 * 1024), 0)).not.toBe(NOT_CACHED);
  });
});
