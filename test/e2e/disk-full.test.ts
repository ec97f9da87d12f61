// A real disk that is full: a small tmpfs in a mount namespace of its own, filled and freed five
// times under load. Meanwhile the answer is 503, Varve lives on, and what was acknowledged is there.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { dumpBlocks } from '../support/e2e/dumps.ts';
import { httpCall } from '../support/e2e/http-calls.ts';
import { PROMTOOL, peersFor } from '../support/e2e/peers.ts';
import { Processes } from '../support/e2e/processes.ts';
import { RecordingSender } from '../support/e2e/recording-sender.ts';
import { blocksIn, VarveProcess } from '../support/e2e/varve-process.ts';
import { waitFor } from '../support/e2e/waiting.ts';

const TENANT = 'default-tenant';
const DISK_SIZE = '24m';
const CYCLES = 5;
const FULL_MS = 2500;

const dir = mkdtempSync(join(tmpdir(), 'varve-disk-full-'));
const mount = join(dir, 'small');
const processes = new Processes();
afterAll(async () => {
  await processes.endAll();
  rmSync(dir, { recursive: true, force: true });
});

/** Mounting needs rights that a developer may not have; CI has them. */
const mayMount =
  process.env.REQUIRE_PEERS === '1' ||
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

/** A process that holds the namespace; where the small disk is, seen from here, and how to get in. */
async function smallDisk(): Promise<{ readonly path: string; readonly within: string[] }> {
  mkdirSync(mount);
  const script = `mount -t tmpfs -o size=${DISK_SIZE} tmpfs ${mount} && echo ok && exec sleep 600`;
  const holder = processes.start('namespace', 'unshare', { args: ['-m', 'sh', '-c', script] });
  await waitFor('the small disk is there', () => holder.stdout.includes('ok'), {
    limitMs: 10_000,
    explain: () => holder.lastWords(),
  });
  const { pid } = holder;
  return { path: `/proc/${pid}/root${mount}`, within: ['nsenter', '-t', String(pid), '-m', '--'] };
}

/** Takes every byte that is left. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (const sizeBytes of [1 << 20, 1 << 12, 1]) {
      const block = Buffer.alloc(sizeBytes, 'x');
      while (writeSync(file, block) === sizeBytes);
    }
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown;
  } finally {
    closeSync(file);
  }
}

/** Keeps the disk full for a while; `meanwhile` happens in the middle of it. */
async function fullFor(ms: number, filler: string, meanwhile: () => Promise<void>): Promise<void> {
  const endMs = performance.now() + ms;
  let happened: Promise<void> | undefined;
  while (performance.now() < endMs) {
    fill(filler);
    await sleep(20);
    if (performance.now() > endMs - ms / 2) happened ??= meanwhile();
  }
  await happened;
  rmSync(filler);
}

/** Everything acknowledged is in the bucket after a flush. */
async function check(varve: VarveProcess, sender: RecordingSender, bucket: string): Promise<void> {
  await varve.flush();
  const blocks = blocksIn(bucket).filter(({ labels }) => labels.tenant_id === TENANT);
  const result = sender.missingFrom(await dumpBlocks(blocks, dir, () => ({})));
  expect(result).toEqual({ wanted: sender.samples, missing: 0, example: '' });
}

describe.runIf(peersFor(PROMTOOL) && mayMount)('a full disk', () => {
  test('costs no acknowledged sample', { timeout: 180_000 }, async () => {
    const { path, within } = await smallDisk();
    const bucket = join(dir, 'bucket');
    mkdirSync(bucket);
    const objstore = `--objstore.config={type: FILESYSTEM, config: {directory: ${bucket}}}`;
    const args = ['--web.enable-lifecycle', objstore];
    const varve = await VarveProcess.prepare(processes, {
      dataDir: `${mount}/varve`,
      args,
      within,
    });
    await varve.start();
    const sender = new RecordingSender({
      origin: varve.writeOrigin,
      workers: 3,
      series: 30,
      samples: 2,
      pauseMs: 25,
      requestsPerGeneration: 60,
    });
    sender.start();
    const counted = (status: number) => sender.answers.get(status) ?? 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const goodBefore = counted(204);
      await waitFor('requests are taken', () => counted(204) > goodBefore + 60, {
        limitMs: 20_000,
        explain: () => `cycle ${cycle}, ${varve.process.lastWords()}`,
      });
      const badBefore = counted(503);
      await fullFor(FULL_MS, join(path, 'filler'), async () => {
        const { status } = await httpCall(`${varve.adminOrigin}/-/flush`, { method: 'POST' });
        expect(status).toBe(503);
      });
      expect(counted(503)).toBeGreaterThan(badBefore + 20);
      if (cycle !== 2) continue;
      await sender.stop();
      await check(varve, sender, bucket); // from memory
      sender.start();
    }
    await sleep(1000);
    await sender.stop();
    sender.close();
    expect(sender.complaints).toEqual([]);
    expect([...sender.answers.keys()].sort()).toEqual([204, 503]);
    expect(varve.process.end).toBeUndefined();
    await varve.kill();
    await varve.start();
    await check(varve, sender, bucket); // from the log
    const answers = JSON.stringify(Object.fromEntries(sender.answers));
    process.stdout.write(`${CYCLES} times full: ${sender.samples} samples, answers ${answers}\n`);
  });
});
