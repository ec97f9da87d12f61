import { expect, it } from 'vitest';
import { NO_SLOT, RefMap } from '../../../../src/base/bytes/ref-map.ts';

it('gives back what was set, near and far, before and behind a look-up of the same page', () => {
  const map = new RefMap();
  expect(map.get(1)).toBe(NO_SLOT);
  const refs = [0, 1, 2 ** 14 - 1, 2 ** 14, 2 ** 33 + 5];
  for (const [slot, ref] of refs.entries()) {
    map.set(ref, slot);
    expect(map.get(ref)).toBe(slot);
  }
  expect(refs.map((ref) => map.get(ref))).toEqual([0, 1, 2, 3, 4]);
  expect(map.get(5)).toBe(NO_SLOT); // not 2 ** 33 + 5
  map.set(1, 9);
  expect(map.get(1)).toBe(9);
});

it('references far apart cost little memory, and are found all the same', () => {
  const map = new RefMap();
  const before = process.memoryUsage().arrayBuffers;
  const refOf = (i: number): number => i * 1_000_003_000 + 7;
  for (let i = 0; i < 20_000; i++) map.set(refOf(i), i);
  // A page each would be 1.3 GB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
  for (let i = 0; i < 20_000; i++) expect(map.get(refOf(i))).toBe(i);
  expect(map.get(refOf(20_000))).toBe(NO_SLOT);
  // A page that comes to be worth it does not hide what was there before.
  const near = refOf(10_000);
  for (let i = 1; i < 400_000; i++) map.set(near + i, i);
  expect([map.get(near), map.get(near + 1), map.get(near + 399_999)]).toEqual([10_000, 1, 399_999]);
  map.set(near, 5);
  expect(map.get(near)).toBe(5);
});
