// The whole of compaction over a bucket in memory: what a run does, and what it does when something
// is wrong.

import { expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import { changedBucket } from '../../support/changed-bucket.ts';
import { CompactionWorld, FOUR, LATER, NOW_MS } from '../../support/compact/compaction-world.ts';

const [OLD = ''] = LATER;
const DAY_MS = 86_400_000;

async function bucketOfFour(): Promise<CompactionWorld> {
  const world = new CompactionWorld();
  await world.put([...FOUR, ...LATER]);
  return world;
}

/** The same bucket, whose puts of keys that match fail. */
function failingPuts(pattern: RegExp): (bucket: Bucket) => Bucket {
  return watchedPuts((key) => {
    if (pattern.test(key)) throw new VarveError('store_denied', `no ${key}`);
  });
}

/** The same bucket; `onPut` is told of each put before it happens. */
function watchedPuts(onPut: (key: string) => void | Promise<void>): (bucket: Bucket) => Bucket {
  return (bucket) =>
    changedBucket(bucket, {
      put: async (key, ...rest) => {
        await onPut(key);
        return bucket.put(key, ...rest);
      },
    });
}

test('merges, marks the sources, notes it, and finds nothing to do the second time', async () => {
  const world = await bucketOfFour();
  const compaction = await world.start();
  expect(await compaction.run()).toBe(0);
  const { ended, running } = await compaction.jobs(10);
  expect(running).toEqual([]);
  expect(ended.map(({ end, job }) => [job.kind, job.sources, end])).toEqual([
    ['compact', FOUR, 'made'],
  ]);
  const made = ended[0]?.ulid ?? '';
  expect(await world.standing()).toEqual([...LATER, made].sort());
  for (const ulid of FOUR)
    expect(await world.json(`${ulid}/deletion-mark.json`)).toMatchObject({
      details: `superseded by ${made}`,
      reason: 'superseded',
    });
  expect((await compaction.plan()).jobs).toEqual([]);
  await compaction.close();
  expect(world.metric('varve_compact_group_compactions_total', ['0'])).toBe(1);
  expect(world.metric('varve_compact_halted')).toBe(0);
  const before = await world.keys();
  expect(await world.run()).toBe(0);
  expect(await world.keys()).toEqual(before);
  expect(world.runtime.disk.list('/work/.varve/merges')).toEqual([]);
});

test('what is marked is deleted after the delay, with a receipt before', async () => {
  const world = await bucketOfFour();
  await world.run();
  await world.clock.advance(2 * DAY_MS + 60_000);
  // Something is written at this time, so the clock is believed.
  expect(await world.run()).toBe(0);
  expect(await world.keys(FOUR[0])).toEqual([]);
  const [receipt = ''] = await world.keys('varve/receipts/');
  const { blocks } = await world.json(receipt);
  expect(blocks).toMatchObject(FOUR.map((ulid) => ({ ulid, state: 'deleted' })));
  expect(world.metric('varve_compact_blocks_cleaned_total')).toBe(4);
});

test('a block whose files are not all there is deleted when it has a mark', async () => {
  const world = new CompactionWorld();
  const [one = '', other = ''] = FOUR;
  await world.put([one, other, ...LATER]);
  await world.bucket.delete(`${one}/chunks/000001`);
  await world.bucket.delete(`${other}/index`);
  const mark = {
    id: one,
    version: 1,
    deletion_time: NOW_MS / 1000 - 3 * 86_400,
    details: 'broken',
  };
  await world.putFile(`${one}/deletion-mark.json`, Buffer.from(JSON.stringify(mark)));
  expect(await world.run()).toBe(0);
  expect(await world.keys(one)).toEqual([]);
  expect(await world.keys(other)).toContain(`${other}/meta.json`);
  const [receipt = ''] = await world.keys('varve/receipts/');
  expect(await world.json(receipt)).toMatchObject({ blocks: [{ ulid: one, state: 'deleted' }] });
});

test('uploads that were begun long ago and never ended are taken away, others are left', async () => {
  const world = await bucketOfFour();
  const [fresh, old] = [`${FOUR[0]}/chunks/9`, '01M832NMCBMHG82BHKZJX0AAAA/chunks/000001'];
  const uploads = new Map([
    [fresh, NOW_MS - DAY_MS],
    [old, NOW_MS - 3 * DAY_MS],
    ['varve/leases/x', NOW_MS - 3 * DAY_MS],
    ['photos/cat.jpg', NOW_MS - 3 * DAY_MS],
  ]);
  const swept: string[] = [];
  const given = {
    broken: (bucket: Bucket): Bucket => ({
      ...failingPuts(/never/)(bucket),
      listUnfinished: async function* () {
        for (const [key, sinceMs] of uploads) yield { key, id: '', sinceMs };
      },
      removeUnfinished: async (prefix, options) => {
        swept.push(`${prefix} ${options?.beforeMs}`);
      },
    }),
  };
  expect(await world.run(given)).toBe(0);
  const before = NOW_MS - 2 * DAY_MS;
  expect(swept).toEqual([`${old.slice(0, 27)} ${before}`, `varve/ ${before}`]);
  expect(await world.json('varve/leases/sweep')).toMatchObject({ state: 'released' });
});

test('a mark that is taken back just before the deletion keeps its block', async () => {
  const world = await bucketOfFour();
  await world.run();
  await world.clock.advance(2 * DAY_MS + 60_000);
  const [first = '', ...others] = FOUR;
  // Whoever unmarks does so when the plan is made, and its receipt is written.
  const broken = watchedPuts(async (key) => {
    if (key.startsWith('varve/receipts/')) await world.bucket.delete(`${first}/deletion-mark.json`);
  });
  expect(await world.run({ broken })).toBe(0);
  expect(await world.keys(first)).toContain(`${first}/meta.json`);
  for (const ulid of others) expect(await world.keys(ulid)).toEqual([]);
  const [receipt = ''] = await world.keys('varve/receipts/');
  const { blocks } = await world.json(receipt);
  expect(blocks).toContainEqual(expect.objectContaining({ ulid: first, state: 'kept' }));
});

test('each mark is in the log: which, of what, why, and who set it', async () => {
  const world = await bucketOfFour();
  await world.run();
  const lines = world.logger.records.filter(({ message }) => message === 'mark set');
  expect(lines.map(({ fields }) => fields)).toEqual(
    FOUR.map((ulid) => ({
      ...{ ulid, mark: 'deletion-mark.json', reason: 'superseded' },
      details: expect.stringMatching(/^superseded by /),
      by: expect.stringMatching(/^varve compact, test-\d$/),
    })),
  );
});

test('a store that fails while a block is made: nothing is marked, and it is tried later', async () => {
  const world = await bucketOfFour();
  expect(await world.run({ broken: failingPuts(/index$/) })).toBe(1);
  expect(await world.standing()).toEqual([...FOUR, ...LATER].sort());
  expect(world.metric('varve_compact_group_compactions_failures_total', ['0'])).toBe(1);
  expect(await world.run()).toBe(0);
  expect(await world.standing()).toHaveLength(3);
});

test('marks that fail: the block is there, and the next run marks what it stands in for', async () => {
  const world = await bucketOfFour();
  const mark = new RegExp(`${FOUR[2]}/deletion-mark`);
  expect(await world.run({ broken: failingPuts(mark) })).toBeGreaterThan(0);
  expect(await world.run()).toBe(0);
  expect(await world.standing()).toHaveLength(3);
  expect(world.metric('varve_compact_group_compactions_total', ['0'])).toBe(undefined);
});

test('a damaged block is set aside with the reason, and that is no failure', async () => {
  const world = await bucketOfFour();
  const [, victim = ''] = FOUR;
  const key = `${victim}/chunks/000001`;
  const pieces: Uint8Array[] = [];
  for await (const piece of world.bucket.get(key)) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  bytes.fill(0xff, 1_000, 1_010);
  await world.putFile(key, bytes);
  expect(await world.run()).toBe(0);
  const mark = await world.json(`${victim}/no-compact-mark.json`);
  expect(mark.reason).toBe('block-damaged');
  expect(mark.details).toMatch(/^chunks\/000001 at byte \d+: /);
  expect(await world.standing()).toContain(victim);
});

test('a job that needs more disk than it may take waits, and is named', async () => {
  const world = await bucketOfFour();
  expect(await world.run({ run: { maxDiskBytes: 1 } })).toBe(0);
  expect(await world.standing()).toHaveLength(6);
  expect(world.metric('varve_compact_jobs_waiting_for_disk')).toBe(1);
  const said = world.logger.records.map(({ message }) => message);
  expect(said).toContain('compact waits: it needs more of the local disk than it may take');
});

test('what retention is due for is downsampled first, at any length, then marked', async () => {
  const world = new CompactionWorld();
  await world.put([OLD]);
  const retention = { rawMs: DAY_MS, fiveMinutesMs: 0, oneHourMs: 0 };
  expect(await world.run({ plan: { retention } })).toBe(0);
  const [made = '', ...others] = await world.standing();
  expect(others).toEqual([]);
  expect(await world.json(`${made}/meta.json`)).toMatchObject({
    thanos: { downsample: { resolution: 300_000 }, labels: { replica: 'r2' } },
    compaction: { sources: [OLD] },
  });
  expect(await world.json(`${OLD}/deletion-mark.json`)).toMatchObject({ reason: 'retention' });
  expect(world.metric('varve_compact_downsample_total', ['0'])).toBe(1);
});

test('a group that another process works on is left to it, and asked for again', async () => {
  const world = await bucketOfFour();
  const other = await world.start();
  const plan = await other.plan();
  const group = plan.jobs.flatMap((job) => ('group' in job ? [job.group.key] : []))[0] ?? '';
  const record = {
    version: 1,
    ...{ group, holder: 'somebody', token: 1, renewals: 0, state: 'held' },
    ...{ durationMs: 120_000, writtenMs: NOW_MS },
  };
  await world.putFile(`varve/leases/${group}`, Buffer.from(JSON.stringify(record)));
  const running = other.run();
  await world.clock.advance(60_000);
  expect(await world.standing()).toHaveLength(6);
  // Nobody renews it: whoever watches long enough takes it.
  await world.clock.advance(120_000);
  expect(await running).toBe(0);
  expect(await world.standing()).toHaveLength(3);
  await other.close();
});

test('the end while there is work: nothing is marked, leases are given back', async () => {
  const world = await bucketOfFour();
  const compaction = await world.start({ run: { waitIntervalMs: 60_000 } });
  const running = compaction.run();
  await compaction.stop();
  await running;
  await compaction.close();
  expect(await world.run()).toBe(0);
  expect(await world.standing()).toHaveLength(3);
});

test('a plan that is only printed leaves no trace', async () => {
  const world = await bucketOfFour();
  const before = await world.keys();
  const compaction = await world.start({ settings: { isDry: true } });
  expect((await compaction.plan()).jobs).toHaveLength(1);
  await compaction.close();
  expect(await world.keys()).toEqual(before);
  expect(world.runtime.disk.stat('/work')).toBe(undefined);
});
