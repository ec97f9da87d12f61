// What is the same for all commands: where the bucket is opened, and how it ends. The commands have
// tests of their own in bucket/.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type OpenToolBucket,
  openToolBucket,
  runBucketTool,
} from '../../../src/admin/bucket-tool.ts';
import { parseCommandLine } from '../../../src/base/config/command-line.ts';
import { loadBucketTool } from '../../../src/base/config/load-config.ts';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { nodeRuntime } from '../../../src/base/runtime/node-runtime.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { BucketWorld } from '../../support/bucket-world.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'varve-bucket-tool-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function run(argv: readonly string[], open?: OpenToolBucket) {
  const invocation = parseCommandLine(['bucket', ...argv], 'test');
  if (invocation.kind !== 'bucket') throw new Error(invocation.kind);
  const world = { env: {}, readFile: () => new Uint8Array(0) };
  const loaded = loadBucketTool(invocation.command, invocation.given, world);
  let out = '';
  let err = '';
  const stdout = (text: string): void => {
    out += text;
  };
  const stderr = (text: string): void => {
    err += text;
  };
  const { signal } = new AbortController();
  const options = { loaded, isTerminal: false, hostname: 'host', signal, stdout, stderr };
  const code = await runBucketTool(options, nodeRuntime(), open);
  return { code, out, err };
}

const store = (directory: string, prefix = '', flag = 'objstore'): string =>
  `--${flag}.config=type: FILESYSTEM\nconfig: {directory: ${directory}}\nprefix: '${prefix}'`;

test('a directory that is not there is said so and not made', async () => {
  const path = `${dir}/mistyped`;
  await expect(run(['ls', store(path)])).rejects.toThrow(`there is no directory ${path}`);
  expect(existsSync(path)).toBe(false);
});

test('where blocks are put, the directory is made', async () => {
  const blocks = new URL('../../golden/data/blocks/raw', import.meta.url).pathname;
  const to = store(`${dir}/made`, 'a/b');
  const { code, err } = await run(['upload-blocks', `--path=${blocks}`, to]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  // The prefix of bucket.yml holds for the tools too.
  expect((await run(['ls', to])).out.split('\n')).toHaveLength(17);
  expect((await run(['ls', store(`${dir}/made`)])).out).toBe('');
});

test('one bucket is not copied to itself; one beside it under another prefix is', async () => {
  const from = store(`${dir}/made`, 'a/b');
  const self = store(`${dir}/made`, '/a/b/', 'objstore-to');
  const other = store(`${dir}/made`, 'c', 'objstore-to');
  const copy = ['replicate', '--single-run', from];
  await expect(run([...copy, self])).rejects.toMatchObject({ code: 'bad_config' });
  expect((await run([...copy, other])).out).toMatch(
    /16 blocks copied, .*; 0 were there, 0 failed\n$/,
  );
});

test('what was opened is closed, whatever happens, and warnings are told', async () => {
  const { clock } = new BucketWorld();
  let closed = 0;
  class Failing extends MemoryBucket {
    override async *list(): AsyncGenerator<never> {
      yield* [];
      throw new VarveError('store_denied', 'no access');
    }
    override async close(): Promise<void> {
      closed++;
    }
  }
  const open: OpenToolBucket = async () => {
    const bucket = new Failing(clock);
    return { bucket, close: () => bucket.close() };
  };
  await expect(run(['ls', store(dir)], open)).rejects.toThrow('no access');
  expect(closed).toBe(1);
  const warned = await run(['ls', '--log.level=debug', store(`${dir}/made`, 'c')]);
  expect(warned.err).toMatch(/^varve: --log\.level is ignored: /);
});

test('the door that tools open buckets by adds the prefix', async () => {
  const document = { type: 'FILESYSTEM', prefix: 'p', config: { directory: dir } } as const;
  const limits = { concurrencyMax: 1, uploadBytesPerSecond: 0, downloadBytesPerSecond: 0 };
  const options = { mayCreate: false, limits, err: () => {} };
  const { bucket, close } = await openToolBucket(document, nodeRuntime(), options);
  expect(bucket.name).toBe(`filesystem:${dir}/p`);
  await close();
});
