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
  const whole = readFileSync(PAGE, 'utf8');
  // Each of these has tables of its own, in which a flag stands once.
  const [page = '', tools = ''] = whole.split(/^(?=## Options of the `varve bucket)/m);
  const parts = [['serve', 'receive'], ['sidecar'], ['compact'], ['tsdb']] as const;
  const options = parts.flatMap((roles) => [
    ...new Set(
      roles.flatMap((role) => [
        ...optionsOf(role).map(({ spec }) => spec.flag),
        ...inertOptionsOf(role).map((inert) => inert.flag),
      ]),
    ),
  ]);
  const rows = [...page.matchAll(/^\| `--(?:\[no-\])?([^ `]+)/gm)].map((row) => row.at(1));
  expect(rows.toSorted()).toEqual(options.toSorted());
  // A flag that several of the tools have stands with each of them.
  const ofTools = BUCKET_ROLES.flatMap((role) => [
    ...optionsOf(role).map(({ spec }) => spec.flag),
    ...inertOptionsOf(role).map(({ flag }) => flag),
  ]);
  const toolRows = [...tools.matchAll(/^\| `--(?:\[no-\])?([^ `]+)/gm)].map((row) => row.at(1));
  expect(new Set(toolRows)).toEqual(new Set(ofTools));
});
