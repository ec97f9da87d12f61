import { expect, test } from 'vitest';
import { RefTable } from '../../../src/wal/ref-table.ts';

test('what was set is read back, everything else is 0', () => {
  const table = new RefTable();
  const refs = [0, 1, 4095, 4096, 2 ** 32, Number.MAX_SAFE_INTEGER];
  for (const [i, ref] of refs.entries()) table.set(ref, 0xffff_ffff - i);
  expect(refs.map((ref) => table.get(ref))).toEqual(refs.map((_, i) => 0xffff_ffff - i));
  expect([2, 4097, 2 ** 40].map((ref) => table.get(ref))).toEqual([0, 0, 0]);
});

test('references far apart cost little memory, and are found all the same', () => {
  const table = new RefTable();
  const before = process.memoryUsage().arrayBuffers;
  const refOf = (i: number): number => i * 1_000_003_000 + 7;
  for (let i = 0; i < 20_000; i++) table.set(refOf(i), i + 1);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  for (let i = 0; i < 20_000; i++) expect(table.get(refOf(i))).toBe(i + 1);
  const near = refOf(10_000);
  for (let i = 1; i < 400_000; i++) table.set(near + i, i);
  expect([table.get(near), table.get(near + 1)]).toEqual([10_001, 1]);
  table.set(near, 5);
  expect(table.get(near)).toBe(5);
});
