// A start as `npm start` makes it, and the end: what is printed works, who asks gets Prometheus's
// answers, readiness is told truly, and whoever may not stop it cannot.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { encodeBodyV1, encodeBodyV2 } from '../../src/write/wire/encode-request.ts';
import { apiData, httpCall } from '../support/e2e/http-calls.ts';
import { metricsOf } from '../support/e2e/metrics-page.ts';
import { PROMETHEUS, PROMTOOL, peersFor } from '../support/e2e/peers.ts';
import { Processes } from '../support/e2e/processes.ts';
import { PrometheusProcess } from '../support/e2e/prometheus-process.ts';
import { V1_HEADERS } from '../support/e2e/recording-sender.ts';
import { blocksIn, VarveProcess } from '../support/e2e/varve-process.ts';
import { freePorts, waitFor } from '../support/e2e/waiting.ts';
import { V2_HEADERS } from './bad-input-rows.ts';

const dir = mkdtempSync(join(tmpdir(), 'varve-start-'));
const bucket = join(dir, 'a-secret-place');
const processes = new Processes();
let varve: VarveProcess;
beforeAll(async () => {
  mkdirSync(bucket);
  const objstore = `--objstore.config={type: FILESYSTEM, config: {directory: ${bucket}}}`;
  const args = ['--web.enable-lifecycle', objstore];
  varve = await VarveProcess.prepare(processes, { dataDir: join(dir, 'varve'), args });
  await varve.start();
});
afterAll(async () => {
  await processes.endAll();
  rmSync(dir, { recursive: true, force: true });
});

/** How many series a tenant's heads hold. */
async function headSeries(tenant: string): Promise<number> {
  const { text } = await httpCall(`${varve.adminOrigin}/api/v1/status/tsdb`, {
    headers: { 'thanos-tenant': tenant },
  });
  const { data } = JSON.parse(text) as { data: { headStats: { numSeries: number } } };
  return data.headStats.numSeries;
}

/** The part of a prometheus.yml that makes it scrape itself. */
function selfScrape(port: number): string {
  const job = `{job_name: self, static_configs: [{targets: ['127.0.0.1:${port}']}]}`;
  return `global: {scrape_interval: 1s}\nscrape_configs: [${job}]`;
}

function post(url: string) {
  return httpCall(url, { method: 'POST' });
}

describe('a start', () => {
  test('is told to whom asks, with both listeners', async () => {
    for (const origin of [varve.writeOrigin, varve.adminOrigin]) {
      for (const path of ['/-/healthy', '/-/ready']) {
        expect((await httpCall(`${origin}${path}`)).status).toBe(200);
      }
    }
    expect((await httpCall(`${varve.writeOrigin}/metrics`)).status).toBe(404);
  });

  test.runIf(peersFor(PROMETHEUS))('prints a block that works in a prometheus.yml', async () => {
    const printed = await waitFor('the block is printed', () => varve.process.stdout || undefined, {
      limitMs: 5000,
    });
    expect(parse(printed)).toEqual({
      remote_write: [{ url: `${varve.writeOrigin}/api/v1/receive` }],
    });
    const [port = 0] = await freePorts(1);
    const options = { dir: join(dir, 'sender'), port };
    const config = `${selfScrape(port)}\n${printed}`;
    const sender = new PrometheusProcess(processes, options, config);
    await sender.ready();
    const limit = { limitMs: 40_000, explain: () => sender.process.lastWords() };
    await waitFor('samples arrive', async () => (await headSeries('default-tenant')) > 100, limit);
    const page = await sender.metrics();
    expect(page.sum('prometheus_remote_storage_samples_failed_total')).toBe(0);
    await sender.process.stop();
  });

  test('shows data at once: its own metrics in the tenant varve', async () => {
    await waitFor('own metrics', async () => (await headSeries('varve')) > 100, {
      limitMs: 40_000,
    });
    await varve.flush();
    const tenants = blocksIn(bucket).map(({ labels }) => labels.tenant_id);
    expect(tenants).toContain('varve');
  });
});

describe('writing', () => {
  const nowMs = Date.now();
  const labels = [['__name__', 'a']] as const;
  const bodies = [
    ['1.0', V1_HEADERS, encodeBodyV1([{ labels, samples: [{ timeMs: nowMs, value: 1 }] }])],
    ['2.0', V2_HEADERS, encodeBodyV2([{ labels, samples: [{ timeMs: nowMs, value: 1 }] }])],
  ] as const;
  const paths = [
    ['/api/v1/receive', 'default-tenant'],
    ['/api/v1/write', 'default-tenant'],
    ['/api/v1/push', 'default-tenant'],
    ['/insert/0/prometheus/', '0'],
    ['/insert/7:1/prometheus/api/v1/write', '7_1'],
  ] as const;

  test.each(paths)('%s takes both versions, on both listeners', async (path, tenant) => {
    const before = await headSeries(tenant).catch(() => 0);
    for (const origin of [varve.writeOrigin, varve.adminOrigin]) {
      for (const [version, headers, body] of bodies) {
        const answer = await httpCall(`${origin}${path}`, { method: 'POST', headers, body });
        expect([version, answer.status, answer.text]).toEqual([version, 204, '']);
        expect(answer.headers['x-prometheus-remote-write-samples-written']).toBe('1');
      }
    }
    expect(await headSeries(tenant)).toBeGreaterThanOrEqual(Math.max(1, before));
  });
});

describe('what Varve says about itself', () => {
  test.runIf(peersFor(PROMTOOL))('is clean by promtool check metrics', async () => {
    const { text } = await httpCall(`${varve.adminOrigin}/metrics`);
    const options = { input: text, encoding: 'utf8' } as const;
    expect(execFileSync(PROMTOOL, ['check', 'metrics'], options)).toBe('');
    expect((await metricsOf(varve.adminOrigin)).sum('varve_build_info')).toBe(1);
  });

  test.runIf(peersFor(PROMETHEUS))(
    'has the fields of Prometheus',
    { timeout: 90_000 },
    async () => {
      const [port = 0] = await freePorts(1);
      const options = { dir: join(dir, 'model'), port };
      const model = new PrometheusProcess(processes, options, selfScrape(port));
      await waitFor(
        'the model has series',
        async () => (await model.metrics()).sum('prometheus_tsdb_head_series') > 0,
        { limitMs: 40_000, explain: () => model.process.lastWords() },
      );
      for (const name of ['buildinfo', 'runtimeinfo', 'tsdb', 'walreplay', 'config']) {
        const path = `/api/v1/status/${name}`;
        const theirs = fieldsOf(await apiData(`${model.origin}${path}`));
        const ours = fieldsOf(await apiData(`${varve.adminOrigin}${path}`));
        const newer = NEWER_FIELDS[name] ?? [];
        expect({ [name]: ours.filter((field) => !newer.includes(field)) }).toEqual({
          [name]: theirs.filter((field) => !newer.includes(field)),
        });
      }
      const flags = (await apiData(`${model.origin}/api/v1/status/flags`)) as object;
      const own = (await apiData(`${varve.adminOrigin}/api/v1/status/flags`)) as object;
      for (const all of [flags, own]) {
        for (const value of Object.values(all)) expect(value).toEqual(expect.any(String));
      }
      for (const flag of ['web.enable-lifecycle', 'config.file', 'log.level']) {
        expect([flag, flag in flags, flag in own]).toEqual([flag, true, true]);
      }
      await model.process.stop();
    },
  );

  test('hides what is secret', async () => {
    for (const name of ['flags', 'config']) {
      const { text } = await httpCall(`${varve.adminOrigin}/api/v1/status/${name}`);
      expect(text).toContain('<secret>');
      expect(text).not.toContain('a-secret-place');
    }
  });
});

/** Fields that Prometheus 3 has, and Debian's not yet. */
const NEWER_FIELDS: Readonly<Record<string, readonly string[]>> = {
  runtimeinfo: ['hostname', 'serverTime', 'GOMEMLIMIT'],
};

/** Names of all fields, nested ones with dots, those of lists' entries with []. */
function fieldsOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [`${at}[]`] : fieldsOf(value[0], `${at}[]`);
  if (typeof value !== 'object' || value === null) return [at];
  const below = Object.entries(value).flatMap(([name, inner]) => {
    return fieldsOf(inner, at === '' ? name : `${at}.${name}`);
  });
  return below.sort();
}

describe('the lifecycle API', () => {
  test('is closed without --web.enable-lifecycle', async () => {
    const closed = await VarveProcess.prepare(processes, { dataDir: join(dir, 'closed') });
    await closed.start();
    for (const action of ['flush', 'reload', 'quit']) {
      const { status, text } = await post(`${closed.adminOrigin}/-/${action}`);
      expect([action, status, text]).toEqual([action, 403, 'Lifecycle API is not enabled.\n']);
      expect((await post(`${closed.writeOrigin}/-/${action}`)).status).toBe(404);
    }
    expect(await closed.terminate()).toBe(0);
  });

  test('works with it, by POST only', async () => {
    const open = await VarveProcess.prepare(processes, {
      dataDir: join(dir, 'open'),
      args: ['--web.enable-lifecycle'],
    });
    await open.start();
    expect((await httpCall(`${open.adminOrigin}/-/quit`)).status).toBe(405);
    expect((await post(`${open.adminOrigin}/-/flush`)).text).toMatch(/^Flushed: \d+ blocks cut/);
    expect((await post(`${open.adminOrigin}/-/reload`)).status).toBe(200);
    const { status, text } = await post(`${open.adminOrigin}/-/quit`);
    expect([status, text]).toEqual([200, 'Requesting termination... Goodbye!\n']);
    expect(await open.process.ended).toEqual({ code: 0, signal: null });
  });
});

describe('the end', () => {
  test('a second process on the same directory is refused, and harms nothing', async () => {
    const options = { dataDir: varve.dataDir };
    const second = (await VarveProcess.prepare(processes, options)).launch();
    expect(await second.ended).toEqual({ code: 1, signal: null });
    const where = join(varve.dataDir, 'tsdb');
    expect(second.stderr).toContain(`another process works in the data directory ${where}\n`);
    expect((await httpCall(`${varve.writeOrigin}/-/ready`)).status).toBe(200);
  });

  test('SIGTERM: exit code 0, a last line', async () => {
    expect(await varve.terminate()).toBe(0);
    expect(varve.process.stderr.trimEnd().split('\n').at(-1)).toContain('See you next time!');
  });
});
