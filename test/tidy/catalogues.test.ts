// Catalogues and what is made of them: the pages say what the tables say, and every entry is used.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CATALOGUE } from '../../src/base/errors/catalogue.ts';
import { METRIC_CATALOGUE } from '../../src/base/observe/metric-catalogue.ts';
import { errorsPage, metricsPage } from './catalogue-pages.ts';
import { Complaints, lineAt, ROOT, readText, sourceFiles } from './sources.ts';

const files = sourceFiles();

describe.each([
  ['docs/operating/errors.md', errorsPage],
  ['docs/operating/metrics.md', metricsPage],
])('%s', (path, page) => {
  it('is what its catalogue says (npm run docs writes it anew)', () => {
    if (process.env.UPDATE_DOCS === '1') {
      mkdirSync(dirname(join(ROOT, path)), { recursive: true });
      writeFileSync(join(ROOT, path), page());
    }
    expect(readText(path)).toBe(page());
  });
});

describe.each([
  ['error', 'src/base/errors/catalogue.ts', Object.keys(ERROR_CATALOGUE)],
  ['metric', 'src/base/observe/metric-catalogue.ts', Object.keys(METRIC_CATALOGUE)],
])('every %s', (what, path, names) => {
  it('is used somewhere', () => {
    const catalogue = readText(path);
    const others = files.filter((file) => file.path !== path);
    const complaints = new Complaints();
    for (const name of names) {
      if (others.some(({ withoutComments }) => withoutComments.includes(`'${name}'`))) continue;
      const line = lineAt(catalogue, catalogue.indexOf(`\n  ${name}:`) + 1);
      complaints.add(path, line, `the ${what} ${name} is used nowhere; use it or take it out`);
    }
    complaints.raise();
  });
});
