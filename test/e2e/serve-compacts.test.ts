// `varve serve` that uploads and compacts the same bucket: what compaction deletes is not uploaded
// again, a restore knows of blocks that are gone, an end in the middle of a merge is quick and leaves
// the group to others, and a lost catalogue costs nothing but requests. Local retention beside it is
// in test/simulation/gateway-and-compactor.test.ts.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { encodeBodyV1 } from '../../src/write/wire/encode-request.ts';
import { apiData, httpCall } from '../support/e2e/http-calls.ts';
import { Processes } from '../support/e2e/processes.ts';
import { V1_HEADERS } from '../support/e2e/recording-sender.ts';
import { blocksIn, LAUNCH, VarveProcess } from '../support/e2e/varve-process.ts';
import { waitFor } from '../support/e2e/waiting.ts';

const MINUTE = 60_000;
const SOON = { limitMs: 60_000, everyMs: 100 };
const COMPACTING = [
  '--web.enable-lifecycle',
  '--compact.enabled',
  '--consistency-delay=0s',
  '--delete-delay=0s',
  '--wait-interval=1s',
];
const ONLY_UPLOADING = ['--web.enable-lifecycle', '--no-compact.enabled'];
/** Of Prometheus's grace period on Kubernetes (30 s) a merge may take this much. */
const END_MS_MAX = 10_000;

const dir = mkdtempSync(join(tmpdir(), 'varve-serve-compacts-'));
const processes = new Processes();
afterAll(async () => {
  await processes.endAll();
  rmSync(dir, { recursive: true, force: true });
});

/** A gateway, and the samples that it was sent. */
class World {
  readonly varve: VarveProcess;
  readonly bucket: string;
  samples = 0;

  private constructor(varve: VarveProcess, bucket: string) {
    this.varve = varve;
    this.bucket = bucket;
  }

  /** @param bucket of another world: else in the data directory, which may be there */
  static async prepare(name: string, args: readonly string[], bucket?: string): Promise<World> {
    const dataDir = join(dir, name);
    mkdirSync(dataDir, { recursive: true });
    const place = bucket ?? join(dataDir, 'bucket');
    const yml = join(dir, `${name}.yml`);
    writeFileSync(yml, `type: FILESYSTEM\nconfig:\n  directory: ${place}\n`);
    const all = [`--objstore.config-file=${yml}`, ...args];
    return new World(await VarveProcess.prepare(processes, { dataDir, args: all }), place);
  }

  /** One sample of so many series, so long ago. */
  async send(agoMs: number, series: number): Promise<void> {
    const timeMs = Date.now() - agoMs;
    const body = encodeBodyV1(
      Array.from({ length: series }, (_, at) => ({
        labels: [
          ['__name__', 'sent'],
          ['number', String(at).padStart(6, '0')],
        ] as const,
        samples: [{ timeMs, value: timeMs * (at + 1) * 1.1 }],
      })),
    );
    const call = { method: 'POST', headers: V1_HEADERS, body } as const;
    const { status, text } = await httpCall(`${this.varve.writeOrigin}/api/v1/receive`, call);
    expect([status, text]).toEqual([204, '']);
    this.samples += series;
  }

  /** Two blocks that overlap: the second one is of late samples. */
  async overlap(series = 10): Promise<void> {
    await this.send(MINUTE, series);
    await this.varve.flush();
    await this.send(5 * MINUTE, series);
    await this.varve.flush();
  }

  /** Own blocks of what was sent; none that has a deletion mark. */
  blocks() {
    return blocksIn(this.bucket).filter(
      ({ dir: block, labels }) =>
        labels.tenant_id === 'default-tenant' && !existsSync(join(block, 'deletion-mark.json')),
    );
  }

  local(): readonly string[] {
    return blocksIn(join(this.varve.dataDir, 'tsdb/default-tenant')).map(({ ulid }) => ulid);
  }

  /** Samples that all blocks of the bucket have, those in two of them twice. */
  stored(): number {
    return this.blocks().reduce((sum, block) => sum + metaOf(block.dir).stats.numSamples, 0);
  }

  /** Waits until all is one block, and nothing of its sources is left. */
  async merged(): Promise<string> {
    const one = async () => {
      const blocks = this.blocks();
      const [only] = blocks;
      const isAlone = blocksOfTenant(this.bucket) === 1;
      return blocks.length === 1 && isAlone && only !== undefined ? only.ulid : false;
    };
    const explain = () => this.varve.process.lastWords();
    return waitFor('the blocks are merged and their sources gone', one, { ...SOON, explain });
  }

  async jobs(): Promise<Jobs> {
    return (await apiData(`${this.varve.adminOrigin}/api/v1/compact/jobs`)) as Jobs;
  }
}

interface Jobs {
  readonly running: readonly unknown[];
  readonly ended: readonly { readonly end: string }[];
}

function blocksOfTenant(bucket: string): number {
  return blocksIn(bucket).filter(({ labels }) => labels.tenant_id === 'default-tenant').length;
}

function metaOf(block: string) {
  return JSON.parse(readFileSync(join(block, 'meta.json'), 'utf8')) as {
    readonly stats: { readonly numSamples: number };
    readonly compaction: { readonly sources: readonly string[] };
  };
}

/** Names of leases that somebody holds. */
function heldLeases(bucket: string): readonly string[] {
  const leases = join(bucket, 'varve/leases');
  return readdirSync(leases).filter(
    (name) => JSON.parse(readFileSync(join(leases, name), 'utf8')).state === 'held',
  );
}

describe('serve that compacts what it uploads', () => {
  test('uploads nothing again, whatever is restarted or lost', async () => {
    const world = await World.prepare('again', COMPACTING);
    const { varve } = world;
    await varve.start();
    await world.overlap();
    const merged = await world.merged();
    const sources = world.local();
    expect([...metaOf(join(world.bucket, merged)).compaction.sources]).toEqual(sources);
    expect(sources).toHaveLength(2);
    await varve.flush();
    expect(world.blocks().map(({ ulid }) => ulid)).toEqual([merged]);
    expect(await apiData(`${varve.adminOrigin}/api/v1/uploads`)).toMatchObject({ waiting: [] });
    const list = processes.start('varve bucket ls', process.execPath, {
      args: [LAUNCH, 'bucket', 'ls', `--objstore.config-file=${join(dir, 'again.yml')}`],
    });
    expect(await list.ended).toMatchObject({ code: 0 });
    expect(list.stdout).toContain(merged);
    for (const ulid of sources) expect(list.stdout).not.toContain(ulid);

    expect(await varve.terminate()).toBe(0);
    expect(heldLeases(world.bucket)).toEqual([]);
    for (const part of ['tsdb', 'compact'])
      for (const suffix of ['', '-wal', '-shm'])
        rmSync(join(varve.dataDir, part, `.varve/catalog.db${suffix}`), { force: true });
    await varve.start();
    await varve.flush();
    await sleep(3_000); // rounds of both
    expect(world.blocks().map(({ ulid }) => ulid)).toEqual([merged]);
    expect((await world.jobs()).ended).toEqual([]);
    expect(world.stored()).toBe(world.samples);

    // Not even where nobody remembers what was uploaded: then it is garbage, and goes.
    await varve.kill();
    rmSync(join(varve.dataDir, 'tsdb/default-tenant/thanos.shipper.json'));
    await varve.start();
    expect(await world.merged()).toBe(merged);
    expect(await varve.terminate()).toBe(0);
  }, 180_000);

  test('a restore from the archive stores nothing twice of what was merged and deleted', async () => {
    const archive = ['--wal.archive-interval=1s', '--wal.archive-name=a'];
    const world = await World.prepare('lost', [...COMPACTING, ...archive]);
    await world.varve.start();
    await world.overlap();
    const merged = await world.merged();
    await world.send(0, 10);
    await sleep(3_000); // the archive has it
    await world.varve.kill();
    const args = [...COMPACTING, ...archive, '--restore'];
    const other = await World.prepare('restored', args, world.bucket);
    await other.varve.start();
    await other.varve.flush();
    await waitFor('all is in the bucket', async () => world.stored() >= world.samples, SOON);
    expect(world.stored()).toBe(world.samples);
    const sources = world.blocks().flatMap((block) => metaOf(block.dir).compaction.sources);
    for (const source of metaOf(join(world.bucket, merged)).compaction.sources)
      expect(sources).toContain(source);
    expect(await other.varve.terminate()).toBe(0);
  }, 180_000);

  test('SIGTERM during a merge: it is given up in time, and the group is free', async () => {
    const first = await World.prepare('ended', ONLY_UPLOADING);
    await first.varve.start();
    await first.overlap(3_000);
    expect(await first.varve.terminate()).toBe(0);
    const slow = [...COMPACTING, '--objstore.download-bandwidth=20KB'];
    const world = await World.prepare('ended', slow);
    const { varve } = world;
    await varve.start();
    await waitFor(
      'a merge is under way',
      async () => (await world.jobs()).running.length > 0,
      SOON,
    );
    await sleep(1_000);
    const before = world.blocks().map(({ ulid }) => ulid);
    const beganMs = performance.now();
    expect(await varve.terminate()).toBe(0);
    expect(performance.now() - beganMs).toBeLessThan(END_MS_MAX);
    expect(world.blocks().map(({ ulid }) => ulid)).toEqual(before);
    expect(before).toHaveLength(2);
    expect(heldLeases(world.bucket)).toEqual([]);
    // The next one need not wait for a lease.
    const next = await World.prepare('ended', COMPACTING);
    await next.varve.start();
    expect(await next.merged()).not.toBe('');
    expect(next.stored()).toBe(first.samples);
    expect(await next.varve.terminate()).toBe(0);
  }, 180_000);
});
