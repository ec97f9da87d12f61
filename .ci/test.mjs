// Runs the tests and closes with the one line that people and CI read: N passed, N failed, N skipped.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const long = process.argv.includes('--long');
const rest = process.argv.slice(2).filter((arg) => arg !== '--long');
const dir = mkdtempSync(join(tmpdir(), 'varve-test-'));
const report = join(dir, 'report.json');
const startedMs = Date.now();
const done = spawnSync(
  'node_modules/.bin/vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...rest],
  { stdio: 'inherit', env: { ...process.env, ...(long ? { VARVE_TEST_LONG: '1' } : {}) } },
);
let failed = 1;
try {
  const result = JSON.parse(readFileSync(report, 'utf8'));
  const brokenFiles = result.testResults.filter(
    (file) =>
      file.status === 'failed' && file.assertionResults.every((one) => one.status !== 'failed'),
  ).length;
  failed = result.numFailedTests + brokenFiles;
  const skipped = result.numPendingTests + (result.numTodoTests ?? 0);
  if (long) process.stdout.write(`ran for ${Math.round((Date.now() - startedMs) / 1000)} s\n`);
  process.stdout.write(`${result.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`);
} catch (cause) {
  process.stderr.write(`no test report was written: ${cause}\n`);
  process.stdout.write('0 passed, 1 failed, 0 skipped\n');
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exit(done.status !== 0 || failed > 0 ? 1 : 0);
