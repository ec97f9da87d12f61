import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { NodeThreads } from '../../../../src/base/runtime/node-threads.ts';
import type { Threads } from '../../../../src/base/runtime/threads.ts';
import { compileForWorker } from '../../../support/compile.ts';
import { DirectThreads } from '../../../support/direct-threads.ts';
import {
  type EchoService,
  type EchoSettings,
  makeEcho,
} from '../../../support/fixtures/echo-thread.ts';

const root = mkdtempSync(join(tmpdir(), 'varve-threads-'));
const compiled = compileForWorker(root, ['test/support/fixtures/echo-thread.ts']);
const url = pathToFileURL(join(compiled, 'test/support/fixtures/echo-thread.js'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const entryUrl = (): URL => url;
const implementations: [string, Threads][] = [
  ['NodeThreads', new NodeThreads({ entryUrl })],
  ['DirectThreads', new DirectThreads({ 'engine-thread': makeEcho })],
];

const start = (threads: Threads, settings: EchoSettings = { greeting: 'hello' }) =>
  threads.start<EchoService>('engine-thread', settings);

describe.each(implementations)('%s', (_name, threads) => {
  it('answers calls with what the service returns, each to its caller', async () => {
    const remote = await start(threads);
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => remote.call('greet', name)));
    expect(answers).toEqual(['hello a 1', 'hello b 2', 'hello c 3']);
    await remote.terminate();
    expect(await remote.ended).toBeUndefined();
  });

  it('brings errors across with code, kind, message and retry time', async () => {
    const remote = await start(threads);
    await expect(remote.call('refuse', undefined as never)).rejects.toMatchObject({
      name: 'VarveError',
      code: 'rate_limited',
      kind: 'not_now',
      message: 'too fast',
      retryAfterSeconds: 7,
    });
    await expect(remote.call('break', undefined as never)).rejects.toMatchObject({
      code: 'internal',
      message: 'a bug',
    });
    const odd = remote.call('toString' as 'greet', 'x');
    await expect(odd).rejects.toMatchObject({ code: 'internal' });
    await remote.terminate();
  });

  it('moves the listed buffers, both ways, and shares shared ones', async () => {
    const remote = await start(threads);
    const buffer = Uint8Array.of(1, 2, 3).buffer;
    expect(await remote.call('sum', buffer, [buffer])).toBe(6);
    expect(buffer.byteLength).toBe(0);
    expect(await remote.call('zeros', 5)).toEqual(new Uint8Array(5));
    const shared = new SharedArrayBuffer(4);
    await remote.call('addOne', shared);
    expect(new Int32Array(shared)[0]).toBe(1);
    await remote.terminate();
  });

  it('rejects what cannot be sent without leaving the call open', async () => {
    const remote = await start(threads);
    await expect(remote.call('greet', (() => 1) as never)).rejects.toThrow();
    expect(await remote.call('greet', 'still here')).toBe('hello still here 1');
    await remote.terminate();
  });

  it('rejects the start with the error of a service that cannot be made', async () => {
    await expect(start(threads, { greeting: '', failStart: true })).rejects.toMatchObject({
      code: 'disk_full',
      message: 'no room to start',
    });
  });

  it('rejects what is outstanding, and what comes later, when the thread ends', async () => {
    const remote = await start(threads);
    const outstanding = remote.call('never', undefined as never);
    const rejected = expect(outstanding).rejects.toMatchObject({ code: 'thread_ended' });
    await remote.terminate();
    await rejected;
    await expect(remote.call('greet', 'x')).rejects.toMatchObject({ code: 'thread_ended' });
  });
});

describe('NodeThreads', () => {
  it('reports the error that ended the worker', async () => {
    const remote = await start(new NodeThreads({ entryUrl }));
    const outstanding = remote.call('never', undefined as never);
    const rejected = expect(outstanding).rejects.toThrow('engine-thread has ended: crashed');
    await remote.call('crash', undefined as never);
    await rejected;
    expect(await remote.ended).toMatchObject({ message: 'crashed' });
  });

  it('ends a worker that outgrows its heap, and only that', async () => {
    const resourceLimits = { 'engine-thread': { maxOldGenerationSizeMb: 16 } };
    const remote = await start(new NodeThreads({ entryUrl, resourceLimits }));
    await expect(remote.call('exhaust', undefined as never)).rejects.toMatchObject({
      code: 'thread_ended',
    });
  });

  it('rejects the start when there is no such file', async () => {
    const missing = new NodeThreads({ entryUrl: () => new URL('none.js', url) });
    await expect(start(missing)).rejects.toMatchObject({ code: 'thread_ended' });
  });
});

describe('DirectThreads', () => {
  it('lets a thread die', async () => {
    const threads = new DirectThreads({ 'engine-thread': makeEcho });
    const remote = await start(threads);
    const rejected = expect(remote.call('never', undefined as never)).rejects.toThrow('boom');
    threads.remotes[0]?.end(new Error('boom'));
    await rejected;
    expect(await remote.ended).toMatchObject({ message: 'boom' });
  });
});
