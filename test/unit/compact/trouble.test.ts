// What a run of compaction does when something happens to it in the middle of its work: a thread
// that dies, a lease that is lost, a disk that is too small, a crash before; and blocks of which
// nothing is left.

import { expect, test } from 'vitest';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import type { CompactJob } from '../../../src/compact/planned-job.ts';
import { watchedBucket } from '../../simulation/watched-bucket.ts';
import { putFiles } from '../../support/bucket-world.ts';
import { CompactionWorld, FOUR, LATER, NOW_MS } from '../../support/compact/compaction-world.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import {
  type BlockToMake,
  DIR,
  makeBlock,
  type SeriesToMake,
  SOME_SERIES,
} from '../block/make-block.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** What the series of make-block lie in. */
const ALL = { minTimeMs: 1000, maxTimeMs: 4000 };

async function bucketOfFour(): Promise<CompactionWorld> {
  const world = new CompactionWorld();
  await world.put([...FOUR, ...LATER]);
  return world;
}

/** Does something once, when the first object whose key matches has been put. */
function afterPut(pattern: RegExp, run: () => Promise<void>): (bucket: Bucket) => Bucket {
  let isDone = false;
  return (bucket) =>
    watchedBucket(bucket, {
      asked: () => undefined,
      deleting: async () => undefined,
      put: async (key) => {
        if (isDone || !pattern.test(key)) return;
        isDone = true;
        await run();
      },
    });
}

test('a worker that dies takes its job with it only: the job is done by another one', async () => {
  const world = await bucketOfFour();
  const never = new Promise<void>(() => undefined);
  const broken = afterPut(/chunks/, () => {
    // The planner is the first thread; what dies does not go on.
    world.runtime.threads.remotes[1]?.end(new Error('out of memory'));
    return never;
  });
  const compaction = await world.start({ broken, run: { waitIntervalMs: MINUTE_MS } });
  const running = compaction.run();
  await world.clock.advance(1000);
  const { ended } = await compaction.jobs(10);
  expect(ended).toMatchObject([{ end: 'failed', what: expect.stringContaining('out of memory') }]);
  expect(await world.standing()).toEqual([...FOUR, ...LATER].sort());
  await world.clock.advance(3 * MINUTE_MS);
  expect((await compaction.jobs(10)).ended.map(({ end }) => end)).toEqual(['made', 'failed']);
  expect(await world.standing()).toHaveLength(3);
  expect(await compaction.metrics()).toHaveLength(2);
  await compaction.stop();
  await running;
  await compaction.close();
});

test('progress is told while a worker dies, too', async () => {
  const world = await bucketOfFour();
  const asked: Promise<unknown>[] = [];
  const never = new Promise<void>(() => undefined);
  const broken = afterPut(/chunks/, () => {
    asked.push(compaction.jobs(10));
    world.runtime.threads.remotes[1]?.end();
    return never;
  });
  const compaction = await world.start({ broken, run: { waitIntervalMs: MINUTE_MS } });
  const running = compaction.run();
  await world.clock.advance(1000);
  expect(asked).toHaveLength(1);
  expect(await asked[0]).toMatchObject({ running: [{ readBytes: 0 }] });
  await compaction.stop();
  await running;
  await compaction.close();
});

test('a lease that is lost under work: it is given up, and nothing is marked', async () => {
  const world = await bucketOfFour();
  let group = '';
  const broken = afterPut(/chunks/, async () => {
    const [key = ''] = (await world.keys('varve/leases/')).filter((one) => one.includes('@'));
    group = key.slice('varve/leases/'.length);
    const times = { durationMs: 120_000, writtenMs: NOW_MS };
    const record = { version: 1, group, holder: 'somebody', token: 9, renewals: 0, ...times };
    await world.putFile(key, Buffer.from(JSON.stringify({ ...record, state: 'held' })));
    // The store does not answer until the next renewal has found the other's write.
    await world.clock.sleep(50_000);
  });
  const compaction = await world.start({ broken, run: { waitIntervalMs: MINUTE_MS } });
  const running = compaction.run();
  await world.clock.advance(55_000);
  expect((await compaction.jobs(10)).ended).toMatchObject([{ end: 'given-up' }]);
  expect(world.metric('varve_compact_leases_lost_total')).toBe(1);
  expect(await world.standing()).toEqual([...FOUR, ...LATER].sort());
  // Whoever took it does not renew it: it is taken back, and the work done.
  await world.clock.advance(10 * MINUTE_MS);
  expect(await world.standing()).toHaveLength(3);
  await compaction.stop();
  await running;
  await compaction.close();
});

test('a job that is too large for the disk waits, and a smaller one is done meanwhile', async () => {
  const world = await bucketOfFour();
  const overlapping = ['01M832KAJWMK22126GMWCXRFN0', '01M832KAJWMK22126GMWCXRFN1'];
  for (const ulid of overlapping) await putMade(world, { ulid, range: { ...ALL } });
  const look = await world.start({ settings: { isDry: true } });
  const jobs = (await look.plan()).jobs.filter((job): job is CompactJob => job.kind === 'compact');
  await look.close();
  const [small = 0, large = 0] = jobs.map(({ cost }) => cost.diskBytes).sort((a, b) => a - b);
  expect([jobs.length, small < large]).toEqual([2, true]);
  const maxDiskBytes = Math.floor((small + large) / 2);
  const compaction = await world.start({ run: { maxDiskBytes, waitIntervalMs: MINUTE_MS } });
  const running = compaction.run();
  await world.clock.advance(10 * MINUTE_MS);
  const { ended } = await compaction.jobs(10);
  expect(ended).toMatchObject([{ end: 'made', job: { sources: overlapping } }]);
  expect(await world.standing()).toEqual(expect.arrayContaining([...FOUR, ...LATER]));
  expect(world.metric('varve_compact_jobs_waiting_for_disk')).toBe(1);
  await compaction.stop();
  await running;
  await compaction.close();
  expect(await world.run()).toBe(0);
  expect(await world.standing()).toHaveLength(4);
});

test('what a crash left on the disk is swept at the start', async () => {
  const world = await bucketOfFour();
  const disk = new MemoryDisk();
  disk.makeDir('/work/.varve/merges/01M9ZZZZZZZZZZZZZZZZZZZZZZ/0');
  disk.replaceFile('/work/.varve/merges/01M9ZZZZZZZZZZZZZZZZZZZZZZ/0/symbols', Buffer.from('left'));
  const compaction = await world.start({ disk });
  expect(disk.list('/work/.varve/merges')).toEqual([]);
  await compaction.close();
});

test('raw blocks without a sample that counts: their coarser ones are empty, and merged so', async () => {
  const world = new CompactionWorld();
  const startMs = NOW_MS - 28 * DAY_MS - (NOW_MS % (14 * DAY_MS));
  const ulids = [0, 1, 2, 3, 4, 5].map((at) => `01M832KAJWMK22126GMWCXRFN${at}`);
  for (const [at, ulid] of ulids.entries()) {
    const minTimeMs = startMs + at * 2 * HOUR_MS;
    const chunks = [[[minTimeMs + 5, Number.NaN] as const]];
    const range = { minTimeMs, maxTimeMs: minTimeMs + 2 * HOUR_MS };
    await putMade(world, { ulid, range }, [{ labels: { __name__: 'gone' }, chunks }]);
  }
  const retention = { rawMs: DAY_MS, fiveMinutesMs: 0, oneHourMs: 0 };
  expect(await world.run({ plan: { retention } })).toBe(0);
  await world.clock.advance(3 * DAY_MS);
  expect(await world.run({ plan: { retention } })).toBe(0);
  for (const ulid of ulids) expect(await world.keys(ulid)).toEqual([]);
  const metas = await standingMetas(world);
  for (const meta of metas)
    expect(meta.thanos).toMatchObject({ downsample: { resolution: 300_000 } });
  expect(metas.flatMap(({ compaction }) => compaction.sources).sort()).toEqual(ulids);
  // The first four are a whole range of 8 h.
  expect(metas.map(({ compaction }) => compaction.sources.length).sort()).toEqual([1, 1, 4]);
});

/** What standing blocks say of themselves. */
async function standingMetas(world: CompactionWorld) {
  const standing = await world.standing();
  const metas = await Promise.all(standing.map((ulid) => world.json(`${ulid}/meta.json`)));
  return metas as unknown as readonly {
    readonly thanos: unknown;
    readonly compaction: { readonly sources: readonly string[] };
  }[];
}

/** Puts a block that make-block makes. */
async function putMade(
  world: CompactionWorld,
  options: BlockToMake & { readonly ulid: string },
  series: readonly SeriesToMake[] = SOME_SERIES,
): Promise<void> {
  const disk = new MemoryDisk();
  makeBlock(disk, series, options);
  await putFiles(world.bucket, disk, `${DIR}/${options.ulid}`, options.ulid);
}
