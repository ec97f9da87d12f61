import { expect, test } from 'vitest';
import { RefTable } from '../../../src/wal/ref-table.ts';

test('what was set is read back, everything else is 0', () => {
  const table = new RefTable();
  const refs = [0, 1, 4095, 4096, 2 ** 32, Number.MAX_SAFE_INTEGER];
  for (const [i, ref] of refs.entries()) table.set(ref, 0xffff_ffff - i);
  expect(refs.map((ref) => table.get(ref))).toEqual(refs.map((_, i) => 0xffff_ffff - i));
  expect([2, 4097, 2 ** 40].map((ref) => table.get(ref))).toEqual([0, 0, 0]);
});
