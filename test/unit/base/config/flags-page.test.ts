import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inertOptionsOf, optionsOf } from '../../../../src/base/config/catalogue.ts';
import { flagsPage } from '../../../../src/base/config/flags-page.ts';

const PAGE = '../../../../docs/operating/flags.md';

test('docs/operating/flags.md is what the catalogue makes (vitest -u writes it anew)', async () => {
  await expect(flagsPage()).toMatchFileSnapshot(PAGE);
});

test('every flag in the catalogue is on the page, and every flag on the page in the catalogue', () => {
  const page = readFileSync(new URL(PAGE, import.meta.url), 'utf8');
  const roles = ['serve', 'receive', 'tsdb'] as const;
  const options = roles.flatMap((role) => [
    ...optionsOf(role).map(({ spec }) => spec.flag),
    ...inertOptionsOf(role).map((inert) => inert.flag),
  ]);
  const rows = [...page.matchAll(/^\| `--(?:\[no-\])?([^ `]+)/gm)].map((row) => row.at(1));
  expect(new Set(rows)).toEqual(new Set(options));
  expect(rows.length).toBe(new Set(options).size);
});
