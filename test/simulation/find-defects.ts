// `npm run defects`: puts each deliberate defect (defects.ts) into a copy of the sources, compiles
// it, and runs histories until one of them fails. Prints which seed found it and how; exit code 1
// when one was not found within `--seeds` (300 by default). `--only=TEXT` takes those whose name
// has it.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFECTS, type Defect } from './defects.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '300' }, only: { type: 'string', default: '' } },
});

const COPIED = ['src', 'storage-adapters', 'test/support', 'test/simulation', 'proto'];

/** What the simulation said of a defect. */
function find(defect: Defect): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'varve-defect-'));
  try {
    for (const path of [...COPIED, 'package.json', 'tsconfig.json'])
      cpSync(path, join(dir, path), { recursive: true });
    symlinkSync(resolve('node_modules'), join(dir, 'node_modules'));
    const path = join(dir, defect.file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace(defect.find, () => defect.replace),
    );
    const loose = ['--noUnusedLocals', 'false', '--noUnusedParameters', 'false'];
    run(dir, ['node_modules/.bin/tsc', '-p', 'tsconfig.json', ...loose]);
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['dist/test/simulation/simulate.js', '--record=', `--seeds=${values.seeds}`, '--first'],
      { cwd: dir, encoding: 'utf8' },
    );
    if (status === 0) return undefined;
    const said = stdout.split('\n').find((line) => line.startsWith('seed '));
    if (said === undefined) throw new Error(`the simulation did not run:\n${stdout}${stderr}`);
    return said;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function run(cwd: string, [command = '', ...args]: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed:\n${stdout}${stderr}`);
}

let missed = 0;
for (const defect of DEFECTS.filter(({ name }) => name.includes(values.only))) {
  const found = find(defect);
  if (found === undefined) missed++;
  const said = found?.slice(0, 160) ?? `NOT FOUND in ${values.seeds} seeds`;
  process.stdout.write(`${defect.name} (${defect.harm})\n    ${said}\n`);
}
process.exit(missed === 0 ? 0 : 1);
