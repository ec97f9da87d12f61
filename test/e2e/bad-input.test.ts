// Bad input over HTTP against the running program: what is refused, what the answer says, what is
// stored all the same, and that none of it costs unbounded memory.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Dump, dumpBlocks } from '../support/e2e/dumps.ts';
import { httpCall } from '../support/e2e/http-calls.ts';
import { PROMTOOL, peersFor } from '../support/e2e/peers.ts';
import { Processes } from '../support/e2e/processes.ts';
import { blocksIn, VarveProcess } from '../support/e2e/varve-process.ts';
import { type BadInput, headersOf, ROWS } from './bad-input-rows.ts';

const MIB = 1024 * 1024;
/**
 * A body of 64 MiB, decoded beside the body it came from; the rest is what one process of Node keeps
 * before it collects. Nothing here may grow with what a request claims.
 */
const GROWTH_BYTES_MAX = 320 * MIB;

const dir = mkdtempSync(join(tmpdir(), 'varve-bad-input-'));
const processes = new Processes();
let varve: VarveProcess;
beforeAll(async () => {
  const options = { dataDir: join(dir, 'varve'), args: ['--web.enable-lifecycle'] };
  varve = await VarveProcess.prepare(processes, options);
  await varve.start();
});
afterAll(async () => {
  await processes.endAll();
  rmSync(dir, { recursive: true, force: true });
});

const tenantOf = (row: BadInput): string => `row-${ROWS.indexOf(row)}`;

function send(row: BadInput, body = row.body()) {
  return httpCall(`${varve.writeOrigin}${row.path ?? '/api/v1/receive'}`, {
    method: 'POST',
    headers: headersOf(row, tenantOf(row)),
    body,
  });
}

/** VmRSS or VmHWM of the process, in bytes. */
function memoryBytes(field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${varve.process.pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}

/** Samples that the row's request leaves in the bucket, histograms aside. */
const storedSamples = ({ stored }: BadInput): number => Object.values(stored).flat().length;

describe.runIf(peersFor(PROMTOOL))('bad input', () => {
  test.each(ROWS)('$name', async (row) => {
    const { status, headers, text } = await send(row);
    expect({ status, text }).toEqual({ status: row.status, text: expect.any(String) });
    for (const words of row.says) expect(text).toContain(words);
    if (row.status === 204) expect(text).toBe('');
    else expect(text).toMatch(/^[^\p{Cc}]([^\p{Cc}]|\n){10,1100}\n$/u);
    if (row.status === 415) return;
    // The same sample twice counts twice: a sender counts what it sent.
    const written = Number(headers['x-prometheus-remote-write-samples-written']);
    expect(written).toBeGreaterThanOrEqual(storedSamples(row));
    if (storedSamples(row) === 0) expect(written).toBe(0);
  });

  test('everything again, twenty times: the same answers, within bounded memory', async () => {
    const before = memoryBytes('VmRSS');
    for (const row of ROWS) {
      const body = row.body();
      const answers = await Promise.all(Array.from({ length: 20 }, () => send(row, body)));
      expect(new Set(answers.map(({ status }) => status)), row.name).toEqual(new Set([row.status]));
    }
    const growth = memoryBytes('VmHWM') - before;
    expect(growth).toBeLessThan(GROWTH_BYTES_MAX);
    const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;
    process.stdout.write(`bad input: ${mib(before)} before, peak ${mib(before + growth)}\n`);
  });

  test('what is stored is what was good, and nothing else', async () => {
    await varve.flush();
    const bucket = blocksIn(join(varve.dataDir, 'bucket'));
    const found: Record<string, unknown> = {};
    const wanted: Record<string, unknown> = {};
    for (const row of ROWS) {
      const blocks = bucket.filter(({ labels }) => labels.tenant_id === tenantOf(row));
      found[row.name] = plain(await dumpBlocks(blocks, dir, () => ({})));
      wanted[row.name] = row.stored;
    }
    expect(found).toEqual(wanted);
    const tenants = new Set(bucket.map(({ labels }) => labels.tenant_id ?? ''));
    const known = new Set(['varve', ...ROWS.map(tenantOf)]);
    expect([...tenants].filter((tenant) => !known.has(tenant))).toEqual([]);
  });
});

function plain(dump: Dump): Record<string, readonly string[]> {
  return Object.fromEntries([...dump].map(([series, samples]) => [series, [...samples.values()]]));
}
