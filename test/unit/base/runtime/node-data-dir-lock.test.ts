import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { NodeDataDirLocks } from '../../../../src/base/runtime/node-data-dir-lock.ts';
import { NodeDisk } from '../../../../src/base/runtime/node-disk.ts';
import { compileForWorker } from '../../../support/compile.ts';

const root = mkdtempSync(join(tmpdir(), 'varve-lock-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const locks = new NodeDataDirLocks(new NodeDisk());

describe('the data-directory lock', () => {
  it('is held by one, released on release, and lies in .varve/lock.db', () => {
    const dir = join(root, 'a');
    const lock = locks.acquire(dir);
    expect(existsSync(join(dir, '.varve/lock.db'))).toBe(true);
    expect(() => locks.acquire(dir)).toThrow(`another process works in the data directory ${dir}`);
    lock.release();
    lock.release();
    locks.acquire(dir).release();
  });

  it('is free for each directory on its own', () => {
    const one = locks.acquire(join(root, 'one'));
    const two = locks.acquire(join(root, 'two'));
    one.release();
    two.release();
  });

  it('names the path when the directory cannot be used', () => {
    writeFileSync(join(root, 'file'), '');
    expect(() => locks.acquire(join(root, 'file'))).toThrow(join(root, 'file'));
  });

  it('keeps other processes out until its process is killed', async () => {
    const out = compileForWorker(root, ['src/base/runtime/node-runtime.ts']);
    const dir = join(root, 'shared');
    const script = join(out, 'hold.mjs');
    const held = `import { nodeRuntime } from './src/base/runtime/node-runtime.js';
nodeRuntime().locks.acquire(${JSON.stringify(dir)});
process.stdout.write('held');
setInterval(() => undefined, 1000);`;
    writeFileSync(script, held);
    const holder = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = await once(holder.stdout, 'data');
    expect(String(said)).toBe('held');
    expect(() => locks.acquire(dir)).toThrow(expect.objectContaining({ code: 'locked' }));
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    locks.acquire(dir).release();
  });
});
