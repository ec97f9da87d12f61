// `varve bucket …` on the command line: what is understood, and what is a mistake.

import { describe, expect, test } from 'vitest';
import {
  BUCKET_COMMANDS,
  BUCKET_ROLES,
  type BucketCommand,
} from '../../../../src/base/config/bucket-commands.ts';
import { inertOptionsOf, optionsOf } from '../../../../src/base/config/catalogue.ts';
import { parseCommandLine } from '../../../../src/base/config/command-line.ts';
import { loadBucketTool } from '../../../../src/base/config/load-config.ts';
import { BUCKET_TOOL_OPTIONS } from '../../../../src/base/config/options-bucket-tool.ts';
import { THANOS_BUCKET } from '../../../../src/base/config/thanos-bucket.ts';
import { complaint, worldOf } from './loading.ts';

const STORE = '--objstore.config=type: FILESYSTEM\nconfig: {directory: d}';
const ID = '--id=01M832KAJWMK22126GMWCXRFNM';
const TO = '--objstore-to.config=type: FILESYSTEM\nconfig: {directory: e}';

function load(argv: readonly string[], env: Record<string, string> = {}, files = {}) {
  const invocation = parseCommandLine(argv, 'test');
  if (invocation.kind !== 'bucket') throw new Error(`not a tool: ${invocation.kind}`);
  return loadBucketTool(invocation.command, invocation.given, worldOf(env, files));
}

test.each([[['bucket']], [['tools', 'bucket']]])('%j is the same', (name) => {
  const { command, config, store } = load([...name, 'ls', '-o', 'wide', STORE]);
  expect(command).toBe('ls');
  expect(config).toMatchObject({ output: 'wide', excludeDelete: false, timeoutMs: 300_000 });
  expect(store.config).toEqual({ directory: 'd' });
});

/** Flags of `thanos tools bucket` (docs/components/tools.md, 2026), without those for help. */
const EVERYWHERE = `log.level log.format tracing.config tracing.config-file enable-auto-gomemlimit
auto-gomemlimit.ratio objstore.config objstore.config-file`;
const THANOS: Readonly<Record<BucketCommand, string>> = {
  ls: `output exclude-delete min-time max-time timeout selector.relabel-config
    selector.relabel-config-file`,
  inspect: 'selector sort-by timeout output',
  verify: 'objstore-backup.config objstore-backup.config-file repair issues id delete-delay',
  'upload-blocks': 'path label shipper.upload-compacted shipper.upload-concurrency',
  cleanup: `delete-delay consistency-delay block-sync-concurrency selector.relabel-config
    selector.relabel-config-file`,
  replicate: `http-address http-grace-period http.config objstore-to.config objstore-to.config-file
    resolution compaction matcher single-run min-time max-time id ignore-marked-for-deletion
    replicate-concurrency`,
  mark: 'id marker details remove',
  unmark: '',
};

test.each(BUCKET_COMMANDS)('%s knows every flag of its namesake', (command) => {
  const role = `bucket ${command}` as const;
  const known = [...optionsOf(role).map(({ spec }) => spec), ...inertOptionsOf(role)];
  const flags = known.map(({ flag }) => flag);
  const wanted = `${EVERYWHERE} ${THANOS[command]}`.trim().split(/\s+/);
  expect(wanted.filter((flag) => !flags.includes(flag))).toEqual([]);
  expect(new Set(flags).size).toBe(flags.length);
});

test.each(BUCKET_COMMANDS)('the options of %s are those of its table', (command) => {
  const table = Object.values(BUCKET_TOOL_OPTIONS[command]);
  const ofRole = optionsOf(`bucket ${command}`).map(({ spec }) => spec);
  expect(new Set(ofRole)).toEqual(new Set(table));
});

test('each flag that does nothing says why', () => {
  for (const { flag, why } of THANOS_BUCKET) expect(why, flag).toMatch(/\.$/);
  const { warnings } = load(['bucket', 'verify', STORE, '-i', 'overlapped_blocks']);
  expect(warnings).toEqual([
    '--issues is ignored: everything that can be wrong is looked for in one reading, and ' +
      'repaired as far as it can be.',
  ]);
});

describe('where the bucket is', () => {
  test('a file, the environment, a flag over the environment', () => {
    const files = { 'b.yml': 'type: filesystem\nconfig: {directory: "$(X)"}\nprefix: p' };
    const env = { VARVE_OBJSTORE_CONFIG_FILE: 'b.yml', X: 'x', VARVE_DRY_RUN: 'true' };
    const cleanup = load(['bucket', 'cleanup'], env, files);
    expect(cleanup.store).toMatchObject({ prefix: 'p', config: { directory: 'x' } });
    // What is done is said by flags alone.
    expect(cleanup.config).toMatchObject({ dryRun: false });
    expect(load(['bucket', 'cleanup', STORE], env, files).store.config).toEqual({ directory: 'd' });
  });

  test('replicate has two', () => {
    const { store, storeTo } = load(['bucket', 'replicate', STORE, TO]);
    expect([store.config, storeTo?.config]).toEqual([{ directory: 'd' }, { directory: 'e' }]);
  });
});

test.each<[string[], string]>([
  [['bucket'], 'command bucket: needs one of ls, inspect, verify, upload-blocks, cleanup'],
  [['bucket', 'lst'], 'did you mean ls?'],
  [['bucket', 'web'], 'command bucket web: is not in this version: varve bucket inspect'],
  [['tools', 'rules-check'], 'command "tools": is unknown'],
  [['bucket', 'ls', 'x', STORE], 'command bucket ls: takes no "x"'],
  [['bucket', 'ls'], '--objstore.config-file: is needed'],
  [['bucket', 'ls', STORE, '--objstore.config-file=b'], 'cannot be given together'],
  [['bucket', 'replicate', STORE], '--objstore-to.config-file: is needed'],
  [['bucket', 'replicate', STORE, TO, '--objstore-to.config-file=b'], 'cannot be given together'],
  [['bucket', 'replicate', '--dry-run', STORE, TO], '--dry-run: is a flag of varve bucket'],
  [['bucket', 'verify', '--dry-run', STORE], '--dry-run: has a meaning with --repair only'],
  [['bucket', 'ls', '-o', '{{.ULID}}', STORE], '--output: must be ulid or wide or table or json'],
  [['bucket', 'ls', '--selector.relabel-config=x', STORE], 'is refused: blocks are not selected'],
  [['bucket', 'inspect', '--sort-by=SIZE', STORE], 'must be one of ULID, FROM'],
  [['bucket', 'verify', '--id=x', STORE], "--id: must be a block's ULID"],
  [['bucket', 'upload-blocks', '--label=x', STORE], '--label: must be a label such as'],
  [['bucket', 'mark', STORE], '--id: is needed'],
  [['bucket', 'unmark', STORE], '--id: is needed'],
  [['bucket', 'mark', ID, STORE], '--marker: is needed'],
  [['bucket', 'mark', ID, '--marker=x', STORE], '--marker: must be deletion-mark.json or'],
  [['bucket', 'mark', ID, '--marker=no-compact-mark.json', STORE], '--details: is needed'],
  [['bucket', 'unmark', '--details=x', ID, STORE], '--details: is a flag of varve bucket mark'],
  [['bucket', 'ls', '--lable=x', STORE], 'is no flag of varve bucket ls'],
])('%j', (argv, message) => {
  expect(complaint(() => load(argv))).toContain(message);
});

test.each([[['bucket', '--help']], [['bucket', 'replicate', '--help']]])(
  'help of %j',
  async (argv) => {
    const printed = parseCommandLine(argv, 'test');
    const text = printed.kind === 'print' ? printed.text : '';
    const name = ['varve', ...argv.slice(0, -1)].join('-');
    await expect(text).toMatchFileSnapshot(`__snapshots__/${name}.txt`);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  },
);

test('all commands are roles', () => {
  expect(BUCKET_ROLES).toHaveLength(BUCKET_COMMANDS.length);
});
