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
