// Brings a checkout to a state that can run: installs what package-lock.json names when it is not
// there yet, and compiles what changed. Every npm command that needs either calls this first.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';

function run(command, args) {
  const done = spawnSync(command, args, { stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** True when node_modules was installed from the lockfile as it stands. */
function installed() {
  const mark = 'node_modules/.package-lock.json';
  if (!existsSync(mark)) return false;
  if (statSync(mark).mtimeMs >= statSync('package-lock.json').mtimeMs) return true;
  const want = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
  const have = JSON.parse(readFileSync(mark, 'utf8')).packages;
  return Object.keys(want).every(
    (name) => name === '' || want[name].optional || have[name]?.version === want[name].version,
  );
}

if (!installed()) run('npm', ['ci', '--no-audit', '--no-fund']);
run('node_modules/.bin/tsc', ['-p', 'tsconfig.json']);
