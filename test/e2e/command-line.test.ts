// The built program's exit codes and what it says on standard error; `npm test` builds it before.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const LAUNCH = new URL('../../dist/src/launch.cjs', import.meta.url).pathname;

function varve(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const done = spawnSync(process.execPath, [LAUNCH, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
    timeout: 30_000,
  });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'varve-cli-'));
  writeFileSync(join(dir, 'bad.yml'), 'log:\n  level: info\n  colour: red\n');
  writeFileSync(join(dir, 'bucket.yml'), 'type: FILESYSTEM\nconfig:\n  directory: $(NOT_SET)\n');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('exit code 0', () => {
  test('--version is the first line that Prometheus prints', () => {
    const { code, stdout } = varve(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^varve, version \d+\.\d+\.\d+ \(branch: \S+, revision: \S+\)\n/);
  });

  test.each([[['--help']], [['serve', '--help']], [['receive', '-h']], [['tsdb', '--help']]])(
    '%j',
    (args) => {
      const { code, stdout, stderr } = varve(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: varve /);
    },
  );
});

describe('a dump of a block and a log that a Prometheus 3.16 wrote', () => {
  const LIVE = new URL('../golden/data/newer/live', import.meta.url).pathname;
  const lines = (text: string): number => text.split('\n').length - 1;

  test('comes through a pipe whole: every sample of both', () => {
    // The pipe is the shell's: the ones that spawnSync makes take all at once.
    const command = [process.execPath, LAUNCH, 'tsdb', 'dump', LIVE];
    const options = { encoding: 'utf8', maxBuffer: 8 * 1024 * 1024 } as const;
    const { stdout, stderr } = spawnSync('sh', ['-c', '"$@" | cat', 'sh', ...command], options);
    expect(stderr).toBe('');
    expect(lines(stdout)).toBe(2880 + 2052);
  });

  test('and verify finds nothing in them', () => {
    const { code, stdout } = varve(['tsdb', 'verify', LIVE]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '1 blocks and 1 logs verified, 0 findings\n',
    });
  });
});

describe('exit code 2, naming the place', () => {
  test.each<[string, () => readonly string[], Record<string, string>, string]>([
    ['misspelt flag', () => ['serve', '--tsdb.pth=x'], {}, '--tsdb.pth: is no flag'],
    ['unknown command', () => ['compcat'], {}, 'command "compcat": is unknown'],
    [
      'refused flag',
      () => ['receive', '--receive.hashrings-file=h'],
      {},
      '--receive.hashrings-file',
    ],
    ['variable', () => ['serve'], { VARVE_LOG_LEVEL: 'x' }, 'environment variable VARVE_LOG_LEVEL'],
    ['file', () => ['serve', `--config.file=${dir}/bad.yml`], {}, 'bad.yml:3: key "log.colour"'],
    [
      'variable that is not set',
      () => ['serve', `--objstore.config-file=${dir}/bucket.yml`],
      {},
      'bucket.yml:3: key "config.directory": environment variable NOT_SET is not set',
    ],
  ])('%s', (_name, args, env, message) => {
    const { code, stdout, stderr } = varve(args(), env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^varve: .*\n$/);
    expect(stderr).toContain(message);
  });
});
