// The documented queue semantics, end to end: an HA pair of Debian's Prometheis writes for minutes
// while Varve is stopped, killed, unavailable and unreachable. Nothing may be lost on the way, on
// the senders' own metrics and sample for sample.

import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import {
  compareDumps,
  type Dump,
  dumpBlocks,
  firstTimeIn,
  samplesIn,
} from '../support/e2e/dumps.ts';
import { CLUSTER, HaPair, REPLICAS } from '../support/e2e/ha-pair.ts';
import { apiData } from '../support/e2e/http-calls.ts';
import { NODE_EXPORTER, PROMETHEUS, PROMTOOL, peersFor } from '../support/e2e/peers.ts';
import { Processes } from '../support/e2e/processes.ts';
import { PrometheusProcess } from '../support/e2e/prometheus-process.ts';
import { blocksIn, VarveProcess } from '../support/e2e/varve-process.ts';
import { freePorts, waitFor } from '../support/e2e/waiting.ts';

const dir = mkdtempSync(join(tmpdir(), 'varve-ha-'));
const processes = new Processes();
const proxies: HaPair[] = [];
afterAll(async () => {
  await processes.endAll();
  await Promise.all(proxies.map(({ proxy }) => proxy.close()));
  rmSync(dir, { recursive: true, force: true });
});

interface Run {
  readonly name: string;
  readonly args: readonly string[];
  /** What is put back into the series when they are compared. */
  readonly lifted: readonly string[];
  readonly labels: readonly Readonly<Record<string, string>>[];
  readonly disturb: (varve: VarveProcess, pair: HaPair) => Promise<void>;
}

const tenant_id = 'default-tenant';
const RUNS: readonly Run[] = [
  { name: 'plain', args: [], lifted: [], labels: [{ tenant_id }], disturb: everything },
  {
    name: 'lifted',
    args: ['--receive.block-label=cluster', '--receive.block-label=replica'],
    lifted: ['cluster', 'replica'],
    labels: REPLICAS.map((replica) => ({ cluster: CLUSTER, replica, tenant_id })),
    disturb: shortly,
  },
];

/** Stopped, killed, killed under load, unavailable, unreachable: about three and a half minutes. */
async function everything(varve: VarveProcess, pair: HaPair): Promise<void> {
  await answered(pair, 6);
  expect(await varve.terminate()).toBe(0);
  await sleep(12_000);
  await varve.start();
  await pair.caughtUp(60_000);
  await sleep(10_000);
  await varve.kill();
  await varve.start();
  await sleep(15_000);
  await pair.during('unavailable', 20_000);
  await answered(pair, 2);
  await varve.flush(); // while the backlog comes: some of it will be late
  await pair.caughtUp(60_000);
  await pair.during('swallow', 8_000);
  await pair.during('drop', 10_000);
  await pair.caughtUp(60_000);
  await killUnderLoad(varve, pair, 25_000);
  await killUnderLoad(varve, pair, 5_000);
  await pair.caughtUp(60_000);
  await sleep(10_000);
}

/** The worst of it, within a minute. */
async function shortly(varve: VarveProcess, pair: HaPair): Promise<void> {
  await answered(pair, 6);
  await pair.during('unavailable', 6_000);
  await answered(pair, 2);
  await varve.flush();
  await killUnderLoad(varve, pair, 8_000);
  await pair.caughtUp(60_000);
}

/** Lets a backlog build up, and kills while it comes in. */
async function killUnderLoad(varve: VarveProcess, pair: HaPair, downMs: number): Promise<void> {
  await varve.kill();
  await sleep(downMs);
  await varve.start();
  await answered(pair, 3);
  await varve.kill();
  await varve.start();
}

/** Waits until Varve has taken so many more requests of the pair. */
async function answered(pair: HaPair, count: number): Promise<void> {
  const answers = () => pair.proxy.seen.get('pass 204') ?? 0;
  const before = answers();
  const soon = { limitMs: 60_000, everyMs: 2 };
  await waitFor('the pair is heard', () => answers() >= before + count, soon);
}

describe.runIf(peersFor(PROMETHEUS, PROMTOOL, NODE_EXPORTER))('an HA pair', () => {
  test.each(RUNS)('loses nothing: $name', { timeout: 420_000 }, async (run) => {
    const own = join(dir, run.name);
    mkdirSync(own);
    const options = { dataDir: join(own, 'varve'), args: ['--web.enable-lifecycle', ...run.args] };
    const varve = await VarveProcess.prepare(processes, options);
    await varve.start();
    const startMs = Date.now();
    const pair = await HaPair.start({ processes, dir: own, target: varve.writeOrigin });
    proxies.push(pair);
    await run.disturb(varve, pair);
    await pair.stopScraping();
    for (const state of await pair.states()) {
      expect(state).toMatchObject({ failed: 0, dropped: 0, pending: 0, lagSeconds: 0 });
      expect(state.retried).toBeGreaterThan(0);
    }
    expect(pair.proxy.complaints).toEqual([]);
    await varve.flush();
    await checkBlocks(run, { own, varve, pair, startMs });
  });
});

interface Scene {
  readonly own: string;
  readonly varve: VarveProcess;
  readonly pair: HaPair;
  readonly startMs: number;
}

/** The bucket's blocks against what the pair holds itself. */
async function checkBlocks(run: Run, { own, varve, pair, startMs }: Scene): Promise<void> {
  const bucket = blocksIn(join(varve.dataDir, 'bucket'));
  const blocks = bucket.filter(({ labels }) => labels.tenant_id === tenant_id);
  const labelSets = new Set(blocks.map(({ labels }) => JSON.stringify(labels)));
  expect([...labelSets].sort()).toEqual(run.labels.map((one) => JSON.stringify(one)).sort());
  const have = await dumpBlocks(blocks, own, (labels) =>
    Object.fromEntries(run.lifted.map((name) => [name, labels[name] ?? ''])),
  );
  const want: Dump = new Map((await pair.dumps()).flatMap((dump) => [...dump]));
  dropBefore(want, firstTimeIn(have));
  const result = compareDumps(want, have);
  expect(result).toMatchObject({ missing: 0, extra: 0, different: 0, examples: [] });
  expect(result.equal).toBe(samplesIn(have));
  expect(firstTimeIn(have)).toBeLessThan(startMs + 10_000);
  const seconds = Math.round((Date.now() - startMs) / 1000);
  const requests = JSON.stringify(Object.fromEntries(pair.proxy.seen));
  const figures = `${result.equal} samples equal, ${have.size} series, ${blocks.length} blocks`;
  process.stdout.write(`${run.name}: ${figures}, ${seconds} s, requests ${requests}\n`);
  if (run.lifted.length === 0)
    await checkStaleMarkers(
      blocks.map((one) => one.dir),
      own,
      have,
    );
}

/** Senders begin with the first scrape after their start; what is older was never sent. */
function dropBefore(dump: Dump, timeMs: number): void {
  for (const [series, samples] of dump) {
    for (const time of samples.keys()) if (time < timeMs) samples.delete(time);
    if (samples.size === 0) dump.delete(series);
  }
}

/** promtool prints every NaN as NaN; a query of Prometheus leaves out the stale marker only. */
async function checkStaleMarkers(
  blockDirs: readonly string[],
  own: string,
  have: Dump,
): Promise<void> {
  const dataDir = join(own, 'stale');
  for (const from of blockDirs) {
    cpSync(from, join(dataDir, from.slice(from.lastIndexOf('/'))), { recursive: true });
  }
  const [port = 0] = await freePorts(1);
  const options = { dir: join(own, 'reader'), port, dataDir };
  const reader = new PrometheusProcess(processes, options, {});
  await reader.ready();
  const query = encodeURIComponent('count_over_time(up[1h])');
  const { result } = (await apiData(`${reader.origin}/api/v1/query?query=${query}`)) as {
    readonly result: readonly { readonly value: readonly [number, string] }[];
  };
  await reader.process.stop();
  const ups = [...have].filter(([series]) => series.includes('__name__="up"'));
  expect(ups.map(([, samples]) => [...samples.values()].at(-1))).toEqual(ups.map(() => 'NaN'));
  // A busy machine may end a target twice; `up` itself is never NaN.
  const counts = ups.map(
    ([, samples]) => [...samples.values()].filter((value) => value !== 'NaN').length,
  );
  expect(result.map(({ value }) => Number(value[1])).sort()).toEqual(counts.sort());
}
