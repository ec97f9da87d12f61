// STYLE.md, "Tests": test/unit mirrors src.

import { posix } from 'node:path';
import { describe, it } from 'vitest';
import { TESTED_BY } from './exemptions.ts';
import { Complaints, readText, type SourceFile, sourceFiles, trackedFiles } from './sources.ts';

const files = sourceFiles();
const tests = new Set(trackedFiles(/\.test\.ts$/));

const unitTests = [...tests]
  .filter((path) => path.startsWith('test/unit/'))
  .map((path) => {
    const dir = posix.dirname(path);
    const imports = readText(path).matchAll(/\bfrom\s+'(\.[^']+)'/g);
    const targets = new Set([...imports].map(([, to = '']) => posix.join(dir, to)));
    const isAboutItsFolder = [...targets].some((to) => posix.dirname(mirrored(to)) === dir);
    return { path, dir, targets, isAboutItsFolder };
  });

/** True for files of interfaces and type aliases, in which nothing runs. */
function onlyTypes({ code }: SourceFile): boolean {
  return !/^(export\s+)?(default\s+)?(async\s+)?(const|let|function|class|await|if|for)\b/m.test(
    code,
  );
}

/** True when a test in the mirrored folder, or one above it, imports the file by name. */
function isImportedByItsTests(path: string): boolean {
  const folder = posix.dirname(mirrored(path));
  return unitTests.some(({ dir, targets }) => {
    return (folder === dir || folder.startsWith(`${dir}/`)) && targets.has(path);
  });
}

function mirrored(path: string): string {
  const below = path.startsWith('src/') ? path.slice('src/'.length) : path;
  return `test/unit/${below.replace(/\.ts$/, '.test.ts')}`;
}

describe('every source', () => {
  it('has its unit test at the mirrored path', () => {
    const complaints = new Complaints();
    for (const file of files) {
      if (onlyTypes(file) || tests.has(mirrored(file.path))) continue;
      if (file.path in TESTED_BY || isImportedByItsTests(file.path)) continue;
      const instead = `write ${mirrored(file.path)}, or name its test in test/tidy/exemptions.ts`;
      complaints.add(file.path, 1, `no test; ${instead}`);
    }
    complaints.raise();
  });

  it('is exempt only if it is there, has no mirrored test, and the named one is there', () => {
    const complaints = new Complaints();
    for (const [source, test] of Object.entries(TESTED_BY)) {
      if (!files.some(({ path }) => path === source)) complaints.add(source, 1, 'exempt, but gone');
      if (tests.has(mirrored(source))) complaints.add(source, 1, 'has its test; no need to exempt');
      if (!tests.has(test)) complaints.add(source, 1, `says it is tested by ${test}: not there`);
    }
    complaints.raise();
  });

  it('is there for every unit test of it', () => {
    const complaints = new Complaints();
    const known = new Set(files.map(({ path }) => mirrored(path)));
    for (const test of tests) {
      if (!test.startsWith('test/unit/') || test.startsWith('test/unit/support/')) continue;
      const above = test.replace(/\.test\.ts$/, '/'); // a folder's test stands beside it
      const isFolders = [...known].some((one) => one.startsWith(above));
      const importsBeside = unitTests.find((one) => one.path === test)?.isAboutItsFolder ?? false;
      if (!known.has(test) && !isFolders && !importsBeside)
        complaints.add(test, 1, 'mirrors no source; move or rename it');
    }
    complaints.raise();
  });
});
