// The built program's `varve bucket …` on directory buckets made of the reference blocks.

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const LAUNCH = new URL('../../dist/src/launch.cjs', import.meta.url).pathname;
const BLOCKS = new URL('../golden/data/blocks', import.meta.url).pathname;
const SHARED = new URL('../../../shared/golden/buckets', import.meta.url).pathname;
const hasShared = existsSync(SHARED) || process.env.REQUIRE_PEERS === '1';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'varve-bucket-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function varve(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const done = spawnSync(process.execPath, [LAUNCH, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
    timeout: 120_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

/** A directory bucket with the blocks of `sets`, and the flag that names its bucket.yml. */
function bucketOf(name: string, sets: readonly string[]): { path: string; yml: string } {
  const path = join(dir, name);
  mkdirSync(path);
  for (const set of sets) cpSync(set, path, { recursive: true });
  const yml = join(dir, `${name}.yml`);
  writeFileSync(yml, `type: FILESYSTEM\nconfig:\n  directory: ${path}\n`);
  return { path, yml };
}

function filesOf(path: string): Map<string, string> {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(path, name)).isFile()).sort();
  return new Map(files.map((name) => [name, readFileSync(join(path, name), 'base64')]));
}

test('list, verify, copy, damage, verify, clean up', () => {
  const from = bucketOf('from', [`${BLOCKS}/compact`, `${BLOCKS}/penalty`]);
  const to = bucketOf('to', []);
  const store = `--objstore.config-file=${from.yml}`;
  const listed = varve(['tools', 'bucket', 'ls', store]);
  const ulids = listed.stdout.trimEnd().split('\n');
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(ulids).toEqual(readdirSync(from.path).sort());
  // The pod's own bucket, from its environment.
  const env = { VARVE_OBJSTORE_CONFIG_FILE: from.yml };
  expect(varve(['bucket', 'ls'], env).stdout).toBe(listed.stdout);
  const json = varve(['bucket', 'ls', '-o', 'json', store]).stdout.trimEnd().split('\n');
  expect(json.map((line) => JSON.parse(line).ulid)).toEqual(ulids);
  const rows = varve(['bucket', 'inspect', '--output=csv', store]).stdout.trimEnd().split('\n');
  expect(rows).toHaveLength(1 + ulids.length);
  expect(varve(['bucket', 'verify', store]).stdout).toMatch(
    new RegExp(`^${ulids.length} blocks and .* verified, 0 findings\\n$`),
  );

  const copy = [
    'bucket',
    'replicate',
    '--single-run',
    store,
    `--objstore-to.config-file=${to.yml}`,
  ];
  expect(varve([...copy, '--resolution=5m']).code).toBe(0);
  expect(varve(copy)).toMatchObject({ code: 0, stderr: '' });
  expect(filesOf(to.path)).toEqual(filesOf(from.path));
  expect(varve(copy).stdout).toMatch(/^0 blocks copied, 0 B; \d+ were there, 0 failed\n$/);

  const [first = '', second = ''] = ulids;
  truncateSync(join(from.path, first, 'index'), 100);
  const verified = varve(['bucket', 'verify', '--output=json', store]);
  expect(verified.code).toBe(1);
  const findings = verified.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(new Set(findings.map(({ block }) => block))).toEqual(new Set([first]));
  // What is damaged is not copied, and not taken for what is there.
  rmSync(join(to.path, first), { recursive: true });
  const again = varve(copy);
  expect(again).toMatchObject({ code: 1, stdout: expect.stringContaining('1 failed') });
  expect(existsSync(join(to.path, first, 'meta.json'))).toBe(false);

  const mark = { id: second, version: 1, deletion_time: 1_700_000_000 };
  writeFileSync(join(from.path, second, 'deletion-mark.json'), JSON.stringify(mark));
  expect(varve(['bucket', 'cleanup', '--dry-run', store]).stdout).toContain('1 marked blocks');
  expect(existsSync(join(from.path, second))).toBe(true);
  expect(varve(['bucket', 'cleanup', store]).code).toBe(0);
  expect(readdirSync(from.path).sort()).toEqual(ulids.filter((ulid) => ulid !== second));
  expect(readdirSync(dir).sort()).toEqual(['from', 'from.yml', 'to', 'to.yml']);
});

test('repair a block, take its mark back, put another one', () => {
  const { path, yml } = bucketOf('damaged', [`${BLOCKS}/compact`]);
  const store = `--objstore.config-file=${yml}`;
  const ulids = readdirSync(path).sort();
  const [damaged = ''] = ulids;
  const chunks = join(path, damaged, 'chunks/000001');
  const bytes = readFileSync(chunks);
  bytes.writeUInt8(bytes.readUInt8(2000) ^ 1, 2000);
  writeFileSync(chunks, bytes);
  const repaired = varve(['bucket', 'verify', '--repair', store]);
  expect(repaired.code).toBe(1); // something was lost
  expect(repaired.stderr).toMatch(/^varve: mark set .*, by varve bucket verify on /);
  const [made = ''] = readdirSync(path).filter((one) => one !== 'varve' && !ulids.includes(one));
  expect(repaired.stdout).toContain(`repaired: ${damaged} as ${made}: `);
  expect(varve(['bucket', 'verify', `--id=${made}`, store]).code).toBe(0);
  const mark = join(path, damaged, 'deletion-mark.json');
  expect(JSON.parse(readFileSync(mark, 'utf8')).details).toContain(made);

  expect(varve(['tools', 'bucket', 'unmark', `--id=${damaged}`, store]).code).toBe(0);
  expect(existsSync(mark)).toBe(false);
  const flags = [`--id=${damaged}`, '--marker=no-compact-mark.json', store];
  expect(varve(['bucket', 'mark', '--details=see the disk', ...flags]).code).toBe(0);
  expect(varve(['bucket', 'ls', '-o', 'table', store]).stdout).toContain('no-compact');
  expect(varve(['bucket', 'mark', '--remove', ...flags]).code).toBe(0);
  expect(varve(['bucket', 'mark', ...flags])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--details: is needed'),
  });
});

test('local blocks of a Prometheus go up, once, with labels', () => {
  const { path, yml } = bucketOf('up', []);
  const up = [
    'bucket',
    'upload-blocks',
    `--path=${BLOCKS}/long-raw`,
    `--objstore.config-file=${yml}`,
  ];
  const refused = varve(up);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--label: is needed') });
  expect(readdirSync(path)).toEqual([]);
  const done = varve([...up, '--label', 'cluster="eu-1"']);
  expect(done.code).toBe(0);
  expect(done.stdout).toMatch(/2 blocks uploaded, .*; 0 were there, 0 left out, 0 failed\n$/);
  expect(varve([...up, '--label', 'cluster="eu-1"']).stdout).toMatch(/; 2 were there, /);
  const { code, stdout } = varve(['bucket', 'verify', `--objstore.config-file=${yml}`]);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^2 blocks/) });
});

test('told to end, it ends with its reason and code 1', () => {
  const from = bucketOf('from', [`${BLOCKS}/penalty`]);
  const to = bucketOf('to', []);
  // Without --single-run it waits for new blocks until the signal comes.
  const args = [
    'bucket',
    'replicate',
    `--objstore.config-file=${from.yml}`,
    `--objstore-to.config-file=${to.yml}`,
  ];
  const script = `"$@" & pid=$!; sleep 5; kill -TERM $pid; wait $pid`;
  const command = [process.execPath, LAUNCH, ...args];
  const done = spawnSync('sh', ['-c', script, 'sh', ...command], { encoding: 'utf8' });
  expect(done.stdout).toContain('3 blocks copied');
  expect(done.stderr).toBe('varve: it was told to end by SIGTERM\n');
  expect(done.status).toBe(1);
});

test
  .runIf(hasShared)
  .each(['raw', 'compact', 'dedup', 'penalty', 'long', 'long-raw', 'self-scrape'])(
  'verify finds nothing in all blocks of %s, each byte read once',
  (set) => {
    const yml = join(dir, 'b.yml');
    writeFileSync(yml, `type: FILESYSTEM\nconfig:\n  directory: ${SHARED}/${set}\n`);
    const verified = varve(['bucket', 'verify', `--objstore.config-file=${yml}`]);
    expect(verified.stdout).toMatch(/^(info: .*\n)*\d+ blocks and .* verified, 0 findings\n$/);
    expect(verified.code).toBe(0);
  },
  120_000,
);
