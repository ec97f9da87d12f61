import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BUCKET_ROLES } from '../../../../src/base/config/bucket-commands.ts';
import { inertOptionsOf, optionsOf } from '../../../../src/base/config/catalogue.ts';
import { flagsPage } from '../../../../src/base/config/flags-page.ts';

const PAGE = new URL('../../../../docs/operating/flags.md', import.meta.url);

test('docs/operating/flags.md is what the catalogue makes (npm run docs writes it anew)', () => {
  if (process.env.UPDATE_DOCS === '1') writeFileSync(PAGE, flagsPage());
  expect(readFileSync(PAGE, 'utf8')).toBe(flagsPage());
});

test('every flag in the catalogue is on the page, and every flag on the page in the catalogue', () => {
  const page = readFileSync(PAGE, 'utf8');
  const [gateway = '', tools = ''] = page.split(/^(?=## Options of the `varve bucket)/m);
  for (const [text, roles] of [
    [gateway, ['serve', 'receive', 'tsdb']],
    [tools, BUCKET_ROLES],
  ] as const) {
    const specs = roles.flatMap((role) => [
      ...optionsOf(role).map(({ spec }) => spec),
      ...inertOptionsOf(role),
    ]);
    const rows = [...text.matchAll(/^\| `--(?:\[no-\])?([^ `]+)/gm)].map((row) => row.at(1));
    expect(new Set(rows)).toEqual(new Set(specs.map(({ flag }) => flag)));
    // Of the gateway each flag once; of the tools one that several have stands with each of them.
    if (text === gateway) expect(rows.length).toBe(new Set(rows).size);
  }
});
