// `varve sidecar` beside a Debian Prometheus that cuts blocks while it looks on: each arrives in
// the bucket once, with the external labels, and nothing in the Prometheus's directory is touched.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareDumps, dumpBlocks, samplesIn } from '../support/e2e/dumps.ts';
import { httpCall } from '../support/e2e/http-calls.ts';
import { metricsOf } from '../support/e2e/metrics-page.ts';
import { PROMETHEUS, PROMTOOL, peersFor } from '../support/e2e/peers.ts';
import { Processes } from '../support/e2e/processes.ts';
import { PrometheusProcess } from '../support/e2e/prometheus-process.ts';
import { makeHistory, metaOf, SidecarProcess, tree } from '../support/e2e/sidecar-process.ts';
import { blocksIn, LAUNCH } from '../support/e2e/varve-process.ts';
import { freePorts, waitFor } from '../support/e2e/waiting.ts';

const HOUR_MS = 3_600_000;
const LABELS = { cluster: 'eu-1', replica: '0' };
const HISTORY = { hours: 8, series: 40 };
/** A Prometheus that cuts a block of what it scrapes every few seconds. */
const SHORT_BLOCKS = [
  '--storage.tsdb.min-block-duration=10s',
  '--storage.tsdb.max-block-duration=10s',
];
const KILLS = 6;

const dir = mkdtempSync(join(tmpdir(), 'varve-sidecar-test-'));
const processes = new Processes();
afterAll(async () => {
  await processes.endAll();
  rmSync(dir, { recursive: true, force: true });
});

async function startPrometheus(
  name: string,
  args: readonly string[],
  externalLabels: Readonly<Record<string, string>>,
): Promise<PrometheusProcess> {
  const [port = 0] = await freePorts(1);
  const place = { dir: join(dir, name), port, args };
  const config = {
    global: { scrape_interval: '1s', external_labels: externalLabels },
    scrape_configs: [{ job_name: 'self', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
  };
  const endMs = Math.floor(Date.now() / (2 * HOUR_MS)) * 2 * HOUR_MS - 4 * HOUR_MS;
  const startMs = endMs - HISTORY.hours * HOUR_MS;
  makeHistory(join(dir, name, 'data'), { startMs, endMs, series: HISTORY.series });
  const prometheus = new PrometheusProcess(processes, place, config);
  await prometheus.ready();
  return prometheus;
}

const ulidsIn = (path: string): string[] => blocksIn(path).map(({ ulid }) => ulid);
const wholeIn = (bucketDir: string): string[] =>
  existsSync(bucketDir)
    ? readdirSync(bucketDir).filter((name) => existsSync(join(bucketDir, name, 'meta.json')))
    : [];

/** The block in the bucket has every byte of the one that the Prometheus has. */
function expectSame(bucketDir: string, dataDir: string, ulid: string): void {
  for (const { rel_path } of metaOf(join(bucketDir, ulid)).thanos.files) {
    if (rel_path === 'meta.json') continue;
    const sent = readFileSync(join(bucketDir, ulid, rel_path));
    expect(sent.equals(readFileSync(join(dataDir, ulid, rel_path))), rel_path).toBe(true);
  }
}

async function hasAll(sidecar: SidecarProcess, bucketDir: string, ulids: readonly string[]) {
  const there = () => ulids.every((ulid) => wholeIn(bucketDir).includes(ulid));
  const explain = () => sidecar.process.lastWords();
  await waitFor('all blocks are in the bucket', there, { limitMs: 90_000, everyMs: 50, explain });
}

/** A shell's prefix under which `path` cannot be written; none where namespaces are not allowed. */
function readOnly(path: string): readonly string[] | undefined {
  const within = [
    'unshare',
    '-m',
    'sh',
    '-c',
    `mount --bind '${path}' '${path}' && mount -o remount,bind,ro '${path}' && exec "$@"`,
    'sh',
  ];
  const [command = '', ...args] = within;
  const can = spawnSync(command, [...args, 'sh', '-c', `! touch '${path}/x' 2>/dev/null`]);
  return can.status === 0 ? within : undefined;
}

describe.runIf(peersFor(PROMETHEUS, PROMTOOL))('beside a Prometheus', () => {
  let prometheus: PrometheusProcess;
  beforeAll(async () => {
    prometheus = await startPrometheus('short', SHORT_BLOCKS, LABELS);
  });

  test('its blocks arrive, once, with its labels; its directory is only read', async () => {
    const { dataDir, origin } = prometheus;
    const bucketDir = join(dir, 'bucket-1');
    const within = readOnly(dataDir);
    const sidecar = await SidecarProcess.prepare(processes, {
      prometheusUrl: `${origin}/`,
      tsdbPath: dataDir,
      bucketDir,
      args: [`--data-dir=${join(dir, 'state-1')}`],
      ...(within === undefined ? {} : { within }),
    });
    const history = ulidsIn(dataDir);
    expect(history.length).toBe(HISTORY.hours / 2);
    const before = tree(dataDir);
    sidecar.launch();
    await hasAll(sidecar, bucketDir, history);
    // What it cuts of its own scrapes while the sidecar looks on.
    const scraped = await waitFor(
      'Prometheus has cut two blocks of what it scraped',
      () => {
        const fresh = ulidsIn(dataDir).filter((ulid) => !history.includes(ulid));
        return fresh.length >= 2 && fresh;
      },
      { limitMs: 90_000 },
    );
    await hasAll(sidecar, bucketDir, scraped);
    expect((await httpCall(`${sidecar.origin}/-/ready`)).status).toBe(200);
    const page = await metricsOf(sidecar.origin);
    expect(page.sum('thanos_sidecar_prometheus_up')).toBe(1);
    expect(page.sum('thanos_sidecar_last_heartbeat_success_time_seconds')).toBeGreaterThan(1e9);
    expect(page.sum('thanos_shipper_upload_failures_total')).toBe(0);
    const { text } = await httpCall(`${sidecar.origin}/api/v1/status/flags`);
    expect(JSON.parse(text)).toMatchObject({ data: { 'objstore.config': '<secret>' } });
    // Prometheus goes on cutting: the bucket is looked at when nothing is under way any more.
    expect((await sidecar.process.stop('SIGTERM')).code).toBe(0);
    expect(readdirSync(bucketDir).sort()).toEqual(wholeIn(bucketDir).sort());

    const after = tree(dataDir);
    for (const [path, what] of before) {
      if (/^[0-9A-Z]{26}\//.test(path)) expect(after.get(path), path).toBe(what);
    }
    expect([...after.keys()].filter((path) => /thanos|varve/.test(path))).toEqual([]);

    const blocks = blocksIn(bucketDir).filter(({ ulid }) =>
      [...history, ...scraped].includes(ulid),
    );
    const local = blocksIn(dataDir).filter(({ ulid }) => [...history, ...scraped].includes(ulid));
    for (const block of blocks) {
      const { compaction, thanos } = metaOf(block.dir);
      expect(thanos.labels).toEqual(LABELS);
      expect([thanos.source, thanos.downsample.resolution, compaction.level]).toEqual([
        'sidecar',
        0,
        1,
      ]);
      const names = thanos.files.map(({ rel_path }) => rel_path);
      expect(names).toEqual([
        ...thanos.segment_files.map((name) => `chunks/${name}`),
        'index',
        'meta.json',
      ]);
      for (const { rel_path, size_bytes, hash } of thanos.files.slice(0, -1)) {
        const bytes = readFileSync(join(block.dir, rel_path));
        const value = createHash('sha256').update(bytes).digest('hex');
        expect([size_bytes, hash]).toEqual([bytes.length, { func: 'SHA256', value }]);
      }
    }
    const none = () => ({});
    const [want, have] = [
      await dumpBlocks(
        local.map((block) => ({ ...block, labels: LABELS })),
        dir,
        none,
      ),
      await dumpBlocks(blocks, dir, none),
    ];
    expect(samplesIn(want)).toBeGreaterThan(HISTORY.hours * 240 * HISTORY.series);
    expect(compareDumps(want, have)).toMatchObject({ missing: 0, extra: 0, different: 0 });
    const verify = spawnSync(process.execPath, [LAUNCH, 'tsdb', 'verify', bucketDir], {
      encoding: 'utf8',
    });
    expect(verify.status, verify.stdout + verify.stderr).toBe(0);
  }, 180_000);

  test('a restart sends nothing twice, with its note and without', async () => {
    const { dataDir, origin } = prometheus;
    const bucketDir = join(dir, 'bucket-1');
    const state = join(dir, 'state-1');
    const seen = (): ReadonlyMap<string, number> =>
      new Map(
        [...tree(bucketDir).keys()]
          .filter((path) => !path.endsWith('/'))
          .map((path) => [path, statSync(join(bucketDir, path)).mtimeMs]),
      );
    for (const args of [[`--data-dir=${state}`], [`--data-dir=${state}-lost`], []]) {
      const before = seen();
      const known = wholeIn(bucketDir);
      const sidecar = await SidecarProcess.prepare(processes, {
        prometheusUrl: origin,
        tsdbPath: dataDir,
        bucketDir,
        args,
      });
      sidecar.launch();
      // A new block is uploaded last, when all others have been looked at.
      await waitFor(
        'a round is over',
        async () => {
          const page = await metricsOf(sidecar.origin);
          return (
            page.sum('thanos_shipper_dir_syncs_total') >= 1 &&
            page.values('varve_shipper_blocks_waiting').length > 0
          );
        },
        { limitMs: 60_000, explain: () => sidecar.process.lastWords() },
      );
      await waitFor(
        'as many blocks are counted as came',
        async () => {
          const page = await metricsOf(sidecar.origin);
          const fresh = wholeIn(bucketDir).length - known.length;
          return page.sum('thanos_shipper_uploads_total') === fresh;
        },
        { limitMs: 60_000, explain: () => sidecar.process.lastWords() },
      );
      for (const [path, mtimeMs] of before) expect(seen().get(path), path).toBe(mtimeMs);
      expect((await sidecar.process.stop('SIGTERM')).code).toBe(0);
    }
  }, 180_000);

  test(`${KILLS} SIGKILLs in mid-upload: what has a meta.json is whole, the rest goes on`, async () => {
    const { dataDir, origin } = prometheus;
    let inMidUpload = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const bucketDir = join(dir, `bucket-killed-${kill}`);
      const wanted = ulidsIn(dataDir);
      const sidecar = await SidecarProcess.prepare(processes, {
        prometheusUrl: origin,
        tsdbPath: dataDir,
        bucketDir,
        args: [`--data-dir=${join(dir, `state-killed-${kill}`)}`],
      });
      sidecar.launch();
      const begun = () => existsSync(bucketDir) && tree(bucketDir).size > 1;
      await waitFor('an upload has begun', begun, { limitMs: 60_000, everyMs: 1 });
      await sleep(kill * 3);
      await sidecar.process.stop('SIGKILL');
      if (wholeIn(bucketDir).length < wanted.length) inMidUpload++;
      for (const ulid of wholeIn(bucketDir)) expectSame(bucketDir, dataDir, ulid);
      sidecar.launch();
      await hasAll(sidecar, bucketDir, wanted);
      expect((await sidecar.process.stop('SIGTERM')).code).toBe(0);
      for (const ulid of wanted) expectSame(bucketDir, dataDir, ulid);
      expect([...tree(bucketDir).keys()].filter((path) => path.includes('tmp'))).toEqual([]);
    }
    expect(inMidUpload).toBeGreaterThan(KILLS / 2);
  }, 240_000);

  test.each([
    ['compaction on', [], LABELS, /compacts its blocks.*both at 2h/],
    [
      'no external labels',
      ['--storage.tsdb.min-block-duration=2h', '--storage.tsdb.max-block-duration=2h'],
      {},
      /no external labels/,
    ],
  ])(
    'a Prometheus with %s is refused, with the way out',
    async (name, args, labels, why) => {
      const refused = await startPrometheus(name.replaceAll(' ', '-'), args, labels);
      const sidecar = await SidecarProcess.prepare(processes, {
        prometheusUrl: refused.origin,
        tsdbPath: refused.dataDir,
        bucketDir: join(dir, `bucket-${name}`),
      });
      const { code } = await sidecar.launch().ended;
      expect(code).toBe(1);
      expect(sidecar.process.stderr).toMatch(why);
      expect(wholeIn(join(dir, `bucket-${name}`))).toEqual([]);
      await refused.process.stop('SIGTERM');
    },
    60_000,
  );
});

test('without a Prometheus it is not ready, and ends after the time it was given', async () => {
  const [port = 0] = await freePorts(1);
  const sidecar = await SidecarProcess.prepare(processes, {
    prometheusUrl: `http://127.0.0.1:${port}`,
    tsdbPath: dir,
    bucketDir: join(dir, 'bucket-none'),
    args: ['--prometheus.ready_timeout=4s'],
  });
  const { ended } = sidecar.launch();
  const answer = await waitFor('it listens', async () => httpCall(`${sidecar.origin}/-/ready`), {
    limitMs: 30_000,
    explain: () => sidecar.process.lastWords(),
  });
  expect(answer.status).toBe(503);
  expect(answer.text).toContain('Prometheus');
  expect((await httpCall(`${sidecar.origin}/-/healthy`)).status).toBe(200);
  expect((await metricsOf(sidecar.origin)).sum('thanos_sidecar_prometheus_up')).toBe(0);
  expect((await ended).code).toBe(1);
  expect(sidecar.process.stderr).toMatch(/did not answer within --prometheus.ready_timeout/);
}, 60_000);
