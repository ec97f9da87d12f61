import { expect, it } from 'vitest';
import { engineOf } from '../../../../src/base/model/engine-of.ts';

it('gives a tenant the same engine for ever, and every engine its share', () => {
  expect(engineOf('default-tenant', 4)).toBe(engineOf('default-tenant', 4));
  expect([engineOf('', 1000), engineOf('a', 1000)]).toEqual([0x811c9dc5 % 1000, 0xe40c292c % 1000]);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 4000; i++) counts[engineOf(`tenant-${i}`, 4)]!++;
  for (const count of counts) expect(count).toBeGreaterThan(800);
});
