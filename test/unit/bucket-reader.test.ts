// The blocks of a bucket through a select, beside a compactor at work: at every moment everything
// once, whatever it makes, marks and deletes, and whatever is wrong with what it made.

import { expect, test } from 'vitest';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import { labelsText } from '../../src/base/model/labels.ts';
import { collect } from '../../src/base/runtime/file-pieces.ts';
import type { Bucket, BucketReader, StoreRequest } from '../../src/bucket/bucket.ts';
import { deleteBlock } from '../../src/bucket/delete-block.ts';
import { BlocksReader } from '../../src/bucket-reader.ts';
import type { BucketQuery } from '../../src/query/bucket-select.ts';
import { MemoryBucket } from '../../storage-adapters/memory/memory-bucket.ts';
import { changedBucket } from '../support/changed-bucket.ts';
import { CompactionWorld, FOUR, LATER } from '../support/compact/compaction-world.ts';
import { MergeTestWorld, samplesOf } from '../support/merge-world.ts';
import { randomBlocks } from '../support/random-blocks.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { type Selected, selectedSamples } from '../support/selected-samples.ts';

const DAY_MS = 86_400_000;
const RAW: BucketQuery = {
  resolutionMs: 0,
  minTimeMs: 0,
  maxTimeMs: Number.MAX_SAFE_INTEGER,
  matchers: [],
};
const BLOCKS = [...FOUR, ...LATER];

async function worldOf(ulids = BLOCKS): Promise<CompactionWorld> {
  const world = new CompactionWorld();
  await world.put(ulids);
  return world;
}

function readerOf({ clock }: CompactionWorld, bucket: BucketReader): BlocksReader {
  return new BlocksReader({ bucket, clock });
}

function readAll(world: CompactionWorld, query: Partial<BucketQuery> = {}): Promise<Selected> {
  return selectedSamples(readerOf(world, world.bucket).select({ ...RAW, ...query }));
}

/** The same bucket; `before` and `after` are called around every change of it. */
function watched(bucket: Bucket, around: (key: string) => Promise<void>): Bucket {
  return changedBucket(bucket, {
    put: async (key, ...rest) => {
      const made = await bucket.put(key, ...rest);
      await around(key);
      return made;
    },
    delete: async (key, ...rest) => {
      await bucket.delete(key, ...rest);
      await around(key);
    },
  });
}

/** The same bucket for a reader; `onGet` is called before some bytes of a block are given. */
function readBy(bucket: Bucket, onGet: (key: string) => Promise<void>): BucketReader {
  return changedBucket(bucket, {
    get: async function* (key, ...rest) {
      await onGet(key);
      yield* bucket.get(key, ...rest);
    },
  });
}

async function bytesOf(bucket: BucketReader, key: string): Promise<Buffer> {
  return Buffer.from(await collect(bucket.get(key), 2 ** 30, key));
}

test('random blocks that overlap: the union, the smaller ULID first', async () => {
  for (let seed = 1; seed <= 15; seed++) {
    const world = new MergeTestWorld();
    const { union } = await randomBlocks(new SeededRandom(seed), world);
    const reader = new BlocksReader({ bucket: world.bucket, clock: world.clock });
    const found = await selectedSamples(reader.select(RAW));
    const wanted = [...union].map(([name, samples]) => [`${name} {}`, samples] as const);
    expect(Object.fromEntries(found), `seed ${seed}`).toEqual(Object.fromEntries(wanted));
  }
});

test('at every moment of a compactor, everything once', async () => {
  const world = await worldOf();
  const some = { matchers: [{ type: '=~', name: '__name__', value: 'up|.*_seconds' }] } as const;
  const wanted = await readAll(world, some);
  expect(wanted.size).toBeGreaterThan(3);
  const moments: string[] = [];
  const look = async (key: string): Promise<void> => {
    if (key.startsWith('varve/leases/')) return;
    moments.push(key.slice(key.indexOf('/') + 1));
    expect(await readAll(world, some), `after ${key}`).toEqual(wanted);
  };
  const given = { broken: (bucket: Bucket) => watched(bucket, look) };
  await world.run(given);
  await world.clock.advance(2 * DAY_MS + 60_000);
  await world.run(given);
  expect(await world.standing()).toHaveLength(3);
  expect(moments.filter((name) => name === 'deletion-mark.json')).toHaveLength(8);
  expect(moments.filter((name) => name === 'meta.json')).toHaveLength(5);
}, 120_000);

test('5m: nothing until a block is whole, then every window once, until retention takes it', async () => {
  const world = await worldOf([...FOUR]);
  const layer = { resolutionMs: 300_000 };
  const retention = { rawMs: DAY_MS, fiveMinutesMs: 30 * DAY_MS, oneHourMs: 0 };
  let seen = new Map() as Selected;
  let changes = 0;
  const look = async (): Promise<void> => {
    const now = await readAll(world, layer);
    for (const [series, windows] of seen) {
      const times = new Map(now.get(series) ?? []);
      for (const [timeMs, text] of windows) expect(times.get(timeMs), series).toBe(text);
    }
    if (now.size > seen.size) changes++;
    seen = now;
  };
  await world.run({ plan: { retention }, broken: (bucket) => watched(bucket, look) });
  expect(changes).toBeGreaterThan(0);
  const counts = [...seen].filter(([series]) => series.startsWith('{__name__="up"'));
  expect(counts.length).toBeGreaterThan(0);
  for (const [, windows] of counts) expect(windows.length).toBeGreaterThan(90);
  expect(await world.keys('varve/receipts/')).toEqual([]);
}, 120_000);

test('what retention has marked is read until it is deleted, in its own layer', async () => {
  const world = await worldOf([...FOUR]);
  const wanted = await readAll(world);
  const retention = { rawMs: DAY_MS, fiveMinutesMs: 0, oneHourMs: 0 };
  await world.run({ plan: { retention } });
  expect(await world.json(`${FOUR[0]}/deletion-mark.json`)).toMatchObject({ reason: 'retention' });
  expect(await readAll(world)).toEqual(wanted);
  for (const ulid of FOUR) await deleteBlock(world.bucket, ulid);
  expect(await readAll(world)).toEqual(new Map());
});

test('sources that are deleted while they are read: the answer goes on with what replaced them', async () => {
  const world = await worldOf();
  const wanted = await readAll(world);
  let gets = 0;
  const bucket = readBy(world.bucket, async (key) => {
    if (!key.endsWith('chunks/000001') || ++gets !== 1) return;
    await world.run();
    for (const ulid of FOUR) await deleteBlock(world.bucket, ulid);
  });
  const reader = readerOf(world, bucket);
  expect(await selectedSamples(reader.select(RAW))).toEqual(wanted);
  expect(gets).toBeGreaterThan(BLOCKS.length);
  expect(await world.standing()).toHaveLength(3);
});

test('a bucket in which blocks go faster than they are read: an error that says so', async () => {
  const world = await worldOf();
  let copies = 0;
  // Each time the block is opened it goes, and comes back under another ULID.
  const bucket = readBy(world.bucket, async (key) => {
    if (!key.endsWith('/index') || !key.startsWith(await victim())) return;
    const old = await victim();
    const ulid = `01M832NMCBMHG82BHKZJX0AS${String(++copies).padStart(2, '0')}`;
    for (const one of await world.keys(`${old}/`)) {
      const bytes = await bytesOf(world.bucket, one);
      const meta = one.endsWith('meta.json');
      const text = meta ? Buffer.from(bytes.toString().replaceAll(old, ulid)) : bytes;
      await world.putFile(one.replace(old, ulid), text);
    }
    await deleteBlock(world.bucket, old);
  });
  const victim = async (): Promise<string> =>
    (await world.keys('01M832NMCBMHG82BHKZJX0A'))[0]?.slice(0, 26) ?? '';
  await expect(selectedSamples(readerOf(world, bucket).select(RAW))).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringMatching(/looked at 10 times in vain; the last time block 01M832/),
  });
  expect(copies).toBe(10);
});

test.each([
  ['index', 40],
  ['index', 1_500],
  ['chunks/000001', 3_000],
  ['chunks/000001', 50_000],
])(
  'a result that is damaged in %s at %s: its sources step in as long as they are there',
  async (file, offset) => {
    const world = await worldOf();
    const wanted = await readAll(world);
    await world.run();
    const made = (await world.standing()).find((ulid) => !BLOCKS.includes(ulid)) ?? '';
    const bytes = await bytesOf(world.bucket, `${made}/${file}`);
    bytes.fill(0xff, offset, offset + 4);
    await world.putFile(`${made}/${file}`, bytes);
    expect(await readAll(world)).toEqual(wanted);
    const [first = '', ...others] = FOUR;
    await deleteBlock(world.bucket, first);
    const selection = readerOf(world, world.bucket).select(RAW);
    const found: string[] = [];
    for await (const { labels } of selection) found.push(labelsText(labels));
    expect(found.length).toBeGreaterThan(0);
    expect(selection.warnings.length).toBeGreaterThan(0);
    for (const warning of selection.warnings) expect(warning).toContain(`block ${made}: ${file}`);
    expect(others).toHaveLength(3);
  },
  30_000,
);

test('a result whose files are not all there is none', async () => {
  const world = await worldOf();
  const wanted = await readAll(world);
  await world.run();
  const made = (await world.standing()).find((ulid) => !BLOCKS.includes(ulid)) ?? '';
  await world.bucket.delete(`${made}/index`);
  const selection = readerOf(world, world.bucket).select(RAW);
  await expect(selectedSamples(selection)).rejects.toThrow(`block ${made}: its file index is`);
  await deleteBlock(world.bucket, made);
  expect(await readAll(world)).toEqual(wanted);
});

test('a store that does not give a meta.json: another look, and no answer without it', async () => {
  const world = await worldOf();
  const wanted = await readAll(world);
  let failures = 3;
  const bucket = readBy(world.bucket, async (key) => {
    if (key === `${FOUR[1]}/meta.json` && failures-- > 0)
      throw new VarveError('store_unavailable', 'connection reset');
  });
  expect(await selectedSamples(readerOf(world, bucket).select(RAW))).toEqual(wanted);
  failures = 1000;
  await expect(selectedSamples(readerOf(world, bucket).select(RAW))).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining(`block ${FOUR[1]} was not given: `),
  });
});

test('two replicas are two streams, or one when the label is named as the compactor has it', async () => {
  const world = new CompactionWorld();
  const [, r1 = ''] = ['', '01M832KAJWMK22126GMWCXRFNM'];
  const [r2 = ''] = FOUR;
  await world.put([r1, r2]);
  const two = await readAll(world);
  const streams = new Set([...two.keys()].map((name) => name.slice(name.lastIndexOf('{'))));
  expect(streams.size).toBe(2);
  const reader = new BlocksReader({
    bucket: world.bucket,
    clock: world.clock,
    replicaLabels: ['replica'],
  });
  const one = await selectedSamples(reader.select(RAW));
  expect([...one.keys()].every((name) => name.endsWith(' {cluster="prod-eu"}'))).toBe(true);
  expect(one.size).toBeLessThan(two.size);
});

test('matchers and a range: only what is asked for, and not much more is fetched', async () => {
  const requests: StoreRequest[] = [];
  const world = await worldOf();
  const bucket = world.bucket.observedBy((request) => void requests.push(request));
  const all = await readAll(world);
  const some = await selectedSamples(
    readerOf(world, bucket).select({
      ...RAW,
      matchers: [
        { type: '=', name: '__name__', value: 'up' },
        { type: '=~', name: 'replica', value: 'r2|r3' },
        { type: '!=', name: 'no_such_label', value: 'x' },
      ],
    }),
  );
  const wanted = [...all].filter(([name]) => name.startsWith('{__name__="up"'));
  expect(wanted.length).toBeGreaterThan(0);
  expect([...some]).toEqual(wanted);
  const none = readerOf(world, bucket).select({
    ...RAW,
    matchers: [{ type: '=', name: 'replica', value: 'r1' }],
  });
  expect(await selectedSamples(none)).toEqual(new Map());
  const [, samples = []] = wanted[0] ?? [];
  const [minTimeMs = 0] = samples[100] ?? [];
  const ranged = await readAll(world, { minTimeMs, maxTimeMs: minTimeMs });
  const inRange = ranged.get(wanted[0]?.[0] ?? '') ?? [];
  expect(inRange.some(([timeMs]) => timeMs === minTimeMs)).toBe(true);
  expect(inRange.length).toBeLessThanOrEqual(240);
  expect(requests.length).toBeLessThan(100);
});

test('golden blocks, each by itself: what a reader of its directory finds', async () => {
  for (const ulid of [FOUR[0] ?? '', LATER[1] ?? '']) {
    const world = new MergeTestWorld();
    const { bucket, clock, disk } = world;
    await world.putDir(`test/golden/data/blocks/raw/${ulid}`, ulid);
    const found = await selectedSamples(new BlocksReader({ bucket, clock }).select(RAW));
    const wanted = samplesOf(disk, await world.fetch(ulid));
    const stream = '{cluster="prod-eu", replica="r2"}';
    expect([...found]).toEqual(
      [...wanted].map(([name, samples]) => [`${name} ${stream}`, samples]),
    );
  }
});

test('a bucket without blocks', async () => {
  const world = new CompactionWorld();
  const reader = new BlocksReader({ bucket: new MemoryBucket(world.clock), clock: world.clock });
  expect(await selectedSamples(reader.select(RAW))).toEqual(new Map());
});
