// The HA pair of the operators' guide, to the end: two replicas with its external labels write
// through remote_write, one is killed for a while, blocks go to the bucket per replica, and
// `varve compact --deduplication.replica-label=replica` makes one of them. promtool is the judge.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeBodyV1 } from '../../src/write/wire/encode-request.ts';
import { compareDumps, type Dump, dumpBlocks, samplesIn } from '../support/e2e/dumps.ts';
import { httpCall } from '../support/e2e/http-calls.ts';
import { PROMTOOL, peersFor } from '../support/e2e/peers.ts';
import { Processes } from '../support/e2e/processes.ts';
import { V1_HEADERS } from '../support/e2e/recording-sender.ts';
import { type BlockOnDisk, blocksIn, LAUNCH, VarveProcess } from '../support/e2e/varve-process.ts';
import { freePorts } from '../support/e2e/waiting.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const SCRAPE_MS = 15 * SECOND;
const MINUTES = 200;
const EXTERNAL = { cluster: 'main', region: 'us-east-1' };
const TENANT = 'default-tenant';

/** A replica, and how it differs from the other. */
interface Replica {
  readonly name: string;
  readonly offsetMs: number;
  /** Minutes in which it was dead. */
  readonly dead: readonly [from: number, to: number];
}
const REPLICAS: readonly Replica[] = [
  { name: 'prometheus-1', offsetMs: 0, dead: [70, 105] },
  { name: 'prometheus-2', offsetMs: 7_321, dead: [150, 153] },
];
const NAMES = ['node_load1', 'requests_total'] as const;

const dir = mkdtempSync(join(tmpdir(), 'varve-ha-merged-'));
const bucket = join(dir, 'data', 'bucket');
const processes = new Processes();
/** What the replicas scraped together, without the label that tells them apart. */
const union: Dump = new Map();
const startMs = Math.floor((Date.now() - MINUTES * MINUTE) / MINUTE) * MINUTE;
afterAll(async () => {
  await processes.endAll();
  rmSync(dir, { recursive: true, force: true });
});

/** What a replica scraped in this minute; nothing while it was dead. */
function scraped({ dead, offsetMs }: Replica, name: string, minute: number) {
  if (minute >= dead[0] && minute < dead[1]) return [];
  return Array.from({ length: MINUTE / SCRAPE_MS }, (_, at) => {
    const timeMs = startMs + minute * MINUTE + at * SCRAPE_MS + offsetMs;
    const value =
      name === 'requests_total' ? Math.floor(timeMs / 100) % 90_000 : (timeMs % 977) / 8;
    return { timeMs, value };
  });
}

/** One request of a replica, as its queue sends it: five minutes, external labels added. */
async function send(varve: VarveProcess, replica: Replica, fromMinute: number): Promise<void> {
  const series = NAMES.map((name) => {
    const samples = [0, 1, 2, 3, 4].flatMap((more) => scraped(replica, name, fromMinute + more));
    const own = { __name__: name, instance: 'node-1' };
    const text = `{__name__="${name}", instance="node-1", region="us-east-1"}`;
    const known = union.get(text) ?? new Map<number, string>();
    union.set(text, known);
    for (const { timeMs, value } of samples) known.set(timeMs, String(value));
    const labels = Object.entries({ ...own, ...EXTERNAL, replica: replica.name }).sort();
    return { labels, samples };
  }).filter(({ samples }) => samples.length > 0);
  if (series.length === 0) return;
  const call = { method: 'POST', headers: V1_HEADERS, body: encodeBodyV1(series) } as const;
  const { status, text } = await httpCall(`${varve.writeOrigin}/api/v1/receive`, call);
  expect([status, text]).toEqual([204, '']);
}

/** One run of the compactor on a copy of the bucket; the blocks of the pair that stand. */
async function merged(name: string, more: readonly string[]): Promise<readonly BlockOnDisk[]> {
  const copy = join(dir, name);
  cpSync(bucket, copy, { recursive: true });
  const yml = join(dir, `${name}.yml`);
  writeFileSync(yml, `type: FILESYSTEM\nconfig:\n  directory: ${copy}\n`);
  const [port] = await freePorts(1);
  const args = [
    ...[LAUNCH, 'compact', `--objstore.config-file=${yml}`, `--data-dir=${dir}/work-${name}`],
    ...[`--http-address=127.0.0.1:${port}`, '--consistency-delay=0s', '--delete-delay=0s'],
    ...['--deduplication.replica-label=replica', ...more],
  ];
  const run = processes.start('varve compact', process.execPath, { args });
  expect(await run.ended, run.stderr).toMatchObject({ code: 0 });
  return pairOf(copy);
}

function pairOf(path: string): readonly BlockOnDisk[] {
  return blocksIn(path).filter(({ labels }) => labels.tenant_id === TENANT);
}

/** Times of a series, from the first to the last. */
function timesOf(dump: Dump, name: string): readonly number[] {
  const series = [...dump].find(([text]) => text.includes(`__name__="${name}"`));
  return [...(series?.[1].keys() ?? [])].sort((a, b) => a - b);
}

function stepsOf(times: readonly number[]): readonly number[] {
  return times.slice(1).map((time, at) => time - (times[at] ?? 0));
}

describe.runIf(peersFor(PROMTOOL))(
  'the HA pair of the guide, one replica killed for a while',
  () => {
    beforeAll(async () => {
      const labels = ['cluster', 'replica'].map((name) => `--receive.block-label=${name}`);
      const args = ['--web.enable-lifecycle', '--no-compact.enabled', ...labels];
      const varve = await VarveProcess.prepare(processes, { dataDir: join(dir, 'data'), args });
      await varve.start();
      for (let minute = 0; minute < MINUTES; minute += 5) {
        for (const replica of REPLICAS) await send(varve, replica, minute);
        if (minute === 120) await varve.flush(); // several blocks of each
      }
      await varve.flush();
      expect(await varve.terminate()).toBe(0);
    });

    test('its blocks are in the bucket per replica', () => {
      const labels = new Set(pairOf(bucket).map((block) => JSON.stringify(block.labels)));
      const wanted = REPLICAS.map(({ name: replica }) =>
        JSON.stringify({ cluster: 'main', replica, tenant_id: TENANT }),
      );
      expect([...labels].sort()).toEqual(wanted);
    });

    test('one-to-one: one series each, without the gap, exactly the samples of both', async () => {
      const blocks = await merged('one-to-one', []);
      for (const { labels } of blocks)
        expect(labels).toEqual({ cluster: 'main', tenant_id: TENANT });
      const scratch = join(dir, 'scratch');
      mkdirSync(scratch, { recursive: true });
      const have = await dumpBlocks(blocks, scratch, () => ({}));
      expect([...have.keys()].sort()).toEqual([...union.keys()].sort());
      const result = compareDumps(union, have);
      expect(result).toMatchObject({ missing: 0, extra: 0, different: 0, examples: [] });
      expect(result.equal).toBe(samplesIn(union));
      expect(Math.max(...stepsOf(timesOf(have, 'node_load1')))).toBe(SCRAPE_MS);
    });

    test('penalty: no gap, and nothing scraped twice', async () => {
      const blocks = await merged('penalty', ['--deduplication.func=penalty']);
      for (const { labels } of blocks)
        expect(labels).toEqual({ cluster: 'main', tenant_id: TENANT });
      const scratch = join(dir, 'scratch');
      mkdirSync(scratch, { recursive: true });
      const have = await dumpBlocks(blocks, scratch, () => ({}));
      expect(have.size).toBe(NAMES.length);
      expect(compareDumps(have, union)).toMatchObject({ missing: 0, different: 0 });
      for (const name of NAMES) {
        const times = timesOf(have, name);
        const steps = stepsOf(times);
        // It goes over to the other replica after two scrapes that did not come.
        expect(Math.max(...steps)).toBeLessThanOrEqual(3 * SCRAPE_MS);
        // Thanos's choice begins anew where chunks of both replicas end (docs/operating/compactor.md):
        // there one sample of the other may stand in between. Nowhere else.
        const short = steps.flatMap((step, at) => (step < SCRAPE_MS ? [at] : []));
        const runs = short.filter((at) => !short.includes(at - 1));
        expect(short.length).toBeLessThanOrEqual(2 * runs.length);
        // Chunks end after 120 samples, and with each block, of which there is one more when the
        // time of day is such that a window begins just after the start.
        const ends = (MINUTES * MINUTE) / SCRAPE_MS / 120 + pairOf(bucket).length / REPLICAS.length;
        expect(runs.length).toBeLessThanOrEqual(Math.ceil(ends));
        expect(times.length).toBeLessThan((MINUTES * MINUTE) / SCRAPE_MS + runs.length);
        expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan((MINUTES - 1) * MINUTE);
      }
    });
  },
);
