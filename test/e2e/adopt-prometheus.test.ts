// A copy of the data directory of Debian's Prometheus, killed in the middle of its work, and Varve
// started on it: everything that the Prometheus answered goes into the bucket, exactly.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compareDumps, type Dump, dumpBlocks, samplesIn } from '../support/e2e/dumps.ts';
import { httpCall } from '../support/e2e/http-calls.ts';
import { PROMETHEUS, PROMTOOL, peersFor } from '../support/e2e/peers.ts';
import { Processes } from '../support/e2e/processes.ts';
import { PrometheusProcess } from '../support/e2e/prometheus-process.ts';
import { blocksIn, VarveProcess } from '../support/e2e/varve-process.ts';
import { freePorts, waitFor } from '../support/e2e/waiting.ts';
import { type ExactSample, exactBody } from '../support/exact-body.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NAME = 'adopted';
const ALL_SERIES = [0, 1, 2, 3, 4, 5, 6, 7];
const KEPT_SERIES = [0, 1, 2, 4, 6, 7];
/** So often the same is seen of a Prometheus that is not cutting. */
const QUIET_LOOKS = 10;
const TENANT = 'default-tenant';

const dir = mkdtempSync(join(tmpdir(), 'varve-adopt-'));
const processes = new Processes();
afterAll(async () => {
  await processes.endAll();
  rmSync(dir, { recursive: true, force: true });
});

let counter = 0x10;

/** A double of which every digit matters. */
function bits(): string {
  counter++;
  return `3ff${(counter * 0x9e3779b1).toString(16).padStart(13, '0').slice(0, 13)}`;
}

class Source {
  readonly prometheus: PrometheusProcess;

  constructor(prometheus: PrometheusProcess) {
    this.prometheus = prometheus;
  }

  /** On a directory of its own, or on `dataDir`. */
  static async start(name: string, dataDir?: string): Promise<Source> {
    const [port = 0] = await freePorts(1);
    const args = ['--web.enable-remote-write-receiver', '--web.enable-admin-api'];
    const config = { storage: { tsdb: { out_of_order_time_window: '24h' } } };
    const place = { dir: join(dir, name), ...(dataDir === undefined ? {} : { dataDir }) };
    const options = { ...place, port, args };
    const prometheus = new PrometheusProcess(processes, options, config);
    await prometheus.ready();
    return new Source(prometheus);
  }

  /** A sample every 30 s of these series from `fromMs` to `toMs`, ten minutes a request. */
  async write(fromMs: number, toMs: number, names = ALL_SERIES): Promise<void> {
    for (let startMs = fromMs; startMs < toMs; startMs += 10 * MINUTE) {
      const endMs = Math.min(toMs, startMs + 10 * MINUTE);
      const series = names.map((i) => {
        const samples: ExactSample[] = [];
        for (let timeMs = startMs; timeMs < endMs; timeMs += MINUTE / 2)
          samples.push({ timeMs, bits: bits() });
        return { labels: [['__name__', NAME] as const, ['i', `${i}`] as const], samples };
      });
      await this.post('/api/v1/write', exactBody(series));
    }
  }

  async delete(i: number, fromMs: number, toMs: number): Promise<void> {
    const match = encodeURIComponent(`${NAME}{i="${i}"}`);
    const range = `start=${fromMs / 1000}&end=${toMs / 1000}`;
    await this.post(`/api/v1/admin/tsdb/delete_series?match[]=${match}&${range}`);
  }

  async post(path: string, body?: ArrayBuffer): Promise<void> {
    const headers = {
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf',
      'x-prometheus-remote-write-version': '0.1.0',
    };
    const call = body === undefined ? {} : { body: new Uint8Array(body), headers };
    const url = `${this.prometheus.origin}${path}`;
    const { status, text } = await httpCall(url, { method: 'POST', ...call });
    if (status !== 204) throw new Error(`${path}: ${status} ${text}`);
  }

  /** Blocks, late samples in blocks and in the log of late samples, deletions. */
  async fill(): Promise<void> {
    const nowMs = Math.floor(Date.now() / MINUTE) * MINUTE;
    await this.write(nowMs - 7 * HOUR, nowMs - HOUR);
    await this.write(nowMs - 3 * HOUR + 7_000, nowMs - 2 * HOUR); // late
    await this.write(nowMs - HOUR, nowMs - 30 * MINUTE);
    await this.settled();
    await this.write(nowMs - 6 * HOUR + 11_000, nowMs - 5 * HOUR); // late, of a block's range
    // Of the head's range. Not of those that are deleted: what its deletions hide of late samples
    // is not the same in all versions; Varve goes by the newest, in which it is everything.
    await this.write(nowMs - 90 * MINUTE + 13_000, nowMs - 70 * MINUTE, KEPT_SERIES);
    await this.delete(3, 0, nowMs);
    await this.delete(5, nowMs - 5 * HOUR, nowMs - 45 * MINUTE);
    await this.write(nowMs - 30 * MINUTE, nowMs);
    await this.settled();
  }

  /** Waits until it has cut what is due, and is not cutting: then an answer is like the next. */
  async settled(): Promise<void> {
    let before = '';
    let looks = 0;
    const isQuiet = (): boolean => {
      const names = ['', 'wal', 'wbl'].flatMap((name) => readdirSync(join(this.dataDir, name)));
      const now = names.join();
      looks = now === before && !now.includes('.tmp') ? looks + 1 : 0;
      before = now;
      return looks >= QUIET_LOOKS && blocksIn(this.dataDir).length > 1;
    };
    const explain = (): string => this.prometheus.process.lastWords();
    await waitFor('Prometheus is quiet', isQuiet, { limitMs: 60_000, everyMs: 100, explain });
  }

  get dataDir(): string {
    return this.prometheus.dataDir;
  }
}

async function bucketOf(varve: VarveProcess): Promise<Dump> {
  await varve.flush();
  const blocks = blocksIn(join(varve.dataDir, 'bucket'));
  const own = blocks.filter(({ labels }) => labels.tenant_id === TENANT);
  return dumpBlocks(own, dir, () => ({}));
}

/** A Varve that has not started yet, with a copy of the Prometheus's directory as its tenant. */
async function prepare(name: string, from: string): Promise<VarveProcess> {
  const dataDir = join(dir, name);
  mkdirSync(join(dataDir, 'tsdb'), { recursive: true });
  cpSync(from, join(dataDir, 'tsdb', TENANT), { recursive: true });
  return VarveProcess.prepare(processes, { dataDir, args: ['--web.enable-lifecycle'] });
}

type Moment = (tenantDir: string, segmentsBefore: number) => boolean;

/** When a start is killed. */
const MOMENTS: readonly (readonly [string, Moment])[] = [
  ['noted', (tenantDir) => existsSync(join(tenantDir, 'origin.json'))],
  ['logged', (tenantDir, before) => segmentsIn(tenantDir) > before],
  ['moved', (tenantDir) => !existsSync(join(tenantDir, 'chunks_head'))],
];

/** Starts that may miss their moment; a directory without late samples has none that is logged. */
const ATTEMPTS_MAX = 3;

function segmentsIn(tenantDir: string): number {
  return readdirSync(join(tenantDir, 'wal')).length;
}

/** The Prometheus goes on where Varve has ended, and Varve where that was killed. */
async function thereAndBack(varve: VarveProcess, wanted: Dump): Promise<void> {
  const source = await Source.start('back', join(varve.dataDir, 'tsdb', TENANT));
  const has = await source.prometheus.samplesOf(NAME, '12h');
  expect(compareDumps(wanted, has)).toMatchObject(EXACTLY);
  // Half a second off: at no time that there is a sample of.
  const nowMs = Math.floor(Date.now() / 1000) * 1000 + 500;
  await source.write(nowMs - 45 * 1000, nowMs);
  await source.settled();
  const more = await source.prometheus.samplesOf(NAME, '12h');
  expect(samplesIn(more)).toBe(samplesIn(wanted) + 2 * ALL_SERIES.length);
  await source.prometheus.process.stop('SIGKILL');
  await varve.start();
  expect(compareDumps(more, await bucketOf(varve))).toMatchObject(EXACTLY);
  await varve.kill();
}

/**
 * A start killed at that moment. The moments are short: who misses one tries again, on another copy
 * of the directory, and after some tries a start that was killed later must do.
 */
async function killedWhen(name: string, isReached: Moment, dataDir: string) {
  for (let attempt = 1; ; attempt++) {
    const killed = await prepare(`${name}-${attempt}`, dataDir);
    const tenantDir = join(killed.dataDir, 'tsdb', TENANT);
    const segments = segmentsIn(tenantDir);
    const launched = killed.launch();
    const limit = { limitMs: 60_000, everyMs: 1, explain: () => launched.lastWords() };
    let isMet = false;
    const isOver = (): boolean => {
      isMet = isReached(tenantDir, segments);
      return isMet || launched.lastWords().includes('msg=ready');
    };
    await waitFor(`a start has ${name}, or is over`, isOver, limit);
    await killed.kill();
    if (isMet || attempt === ATTEMPTS_MAX) return killed;
  }
}

const EXACTLY = { missing: 0, extra: 0, different: 0, examples: [] };

describe.runIf(peersFor(PROMETHEUS, PROMTOOL))("a Prometheus's directory", () => {
  test('is adopted whole, also when a start is killed', { timeout: 240_000 }, async () => {
    const source = await Source.start('prometheus');
    await source.fill();
    const wanted = await source.prometheus.samplesOf(NAME, '12h');
    await source.prometheus.process.stop('SIGKILL');
    expect(samplesIn(wanted)).toBeGreaterThan(5000);
    expect(existsSync(join(source.dataDir, 'wbl'))).toBe(true);

    const varve = await prepare('plain', source.dataDir);
    await varve.start();
    expect(compareDumps(wanted, await bucketOf(varve))).toMatchObject(EXACTLY);
    await varve.kill();
    await varve.start();
    expect(compareDumps(wanted, await bucketOf(varve))).toMatchObject(EXACTLY);
    expect(await varve.terminate()).toBe(0);
    await thereAndBack(varve, wanted);

    for (const [name, isReached] of MOMENTS) {
      const killed = await killedWhen(name, isReached, source.dataDir);
      await killed.start();
      const found = compareDumps(wanted, await bucketOf(killed));
      expect(found, `killed when it had ${name}`).toMatchObject(EXACTLY);
      await killed.kill();
    }
    process.stdout.write(`${samplesIn(wanted)} samples of a Prometheus adopted\n`);
  });
});
