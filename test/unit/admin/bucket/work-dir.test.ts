// Directories of killed tools, on the real disk and with the real lock: what a SIGKILL leaves is a
// process that is gone.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeWorkDir, sweepWorkDirs } from '../../../../src/admin/bucket/work-dir.ts';
import { nodeRuntime } from '../../../../src/base/runtime/node-runtime.ts';

let parent = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'varve-work-dir-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const world = nodeRuntime();
const told: string[] = [];
const sweep = (): void => sweepWorkDirs(world, parent, (line) => told.push(line));

/** A process that holds the lock of a directory, as a tool at work does. */
async function worker(dir: string): Promise<ChildProcess> {
  mkdirSync(join(dir, '.varve'), { recursive: true });
  writeFileSync(join(dir, 'locked'), '');
  const hold =
    "const D = require('better-sqlite3'); const d = new D(process.argv[1], { timeout: 0 });" +
    "d.exec('BEGIN EXCLUSIVE'); console.log('held'); setInterval(() => d.open, 1000)";
  const child = spawn(process.execPath, ['-e', hold, join(dir, '.varve/lock.db')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

test("another process's directory stays while it lives, and goes when it was killed", async () => {
  const dir = join(parent, 'varve-verify-0123456789abcdef');
  mkdirSync(join(dir, 'files'), { recursive: true });
  writeFileSync(join(dir, 'files/index'), 'fetched');
  const child = await worker(dir);
  sweep();
  expect(existsSync(join(dir, 'files/index'))).toBe(true);
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  sweep();
  expect(readdirSync(parent)).toEqual([]);
  expect(told).toEqual([]);
});

test('one that works removes its own, and a sweep leaves it alone until then', () => {
  const work = makeWorkDir(world, parent);
  writeFileSync(join(work.path, 'index'), 'fetched');
  sweep();
  expect(existsSync(join(work.path, 'index'))).toBe(true);
  work.remove();
  expect(readdirSync(parent)).toEqual([]);
});

test('what is not surely one of a dead tool is not touched', () => {
  const names = [
    'varve-verify-0123456789abcdef', // no mark: it may be just being made
    'varve-verify-mine',
    'varve-verify-0123456789abcdef0',
    'other',
  ];
  for (const name of names) mkdirSync(join(parent, name));
  for (const name of names.slice(1)) writeFileSync(join(parent, name, 'locked'), '');
  writeFileSync(join(parent, 'varve-verify-fedcba9876543210'), 'a file');
  sweep();
  expect(readdirSync(parent).sort()).toEqual([...names, 'varve-verify-fedcba9876543210'].sort());
  expect(() => sweepWorkDirs(world, join(parent, 'nothing'), () => {})).not.toThrow();
});
