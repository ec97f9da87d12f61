// The series of a block in a bucket: which ones, which of their chunks, what is deleted, and what
// becomes of damage.

import { expect, test } from 'vitest';
import type { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { labelsOfKey } from '../../../../src/base/model/label-key.ts';
import { labelsText } from '../../../../src/base/model/labels.ts';
import { collect } from '../../../../src/base/runtime/file-pieces.ts';
import { damagedBlock } from '../../../../src/block/damage.ts';
import {
  RemoteSeries,
  type RemoteSeriesOptions,
} from '../../../../src/block/stream/remote-series.ts';
import { SymbolMatcher } from '../../../../src/block/stream/symbol-matcher.ts';
import { listBlock } from '../../../../src/bucket/block-listing.ts';
import { rangedBlock } from '../../../../src/bucket/ranged-block.ts';
import { compileMatchers } from '../../../../src/query/matcher.ts';
import type { Matcher } from '../../../../src/query/source.ts';
import { MergeTestWorld, samplesOf } from '../../../support/merge-world.ts';
import { randomBlocks } from '../../../support/random-blocks.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { samplesOfChunk } from '../../../support/selected-samples.ts';

const ULID = '01M832NMCBMHG82BHKZJX0ASR2';
const DIR = `test/golden/data/blocks/raw/${ULID}`;
const ALL: RemoteSeriesOptions = {
  matchers: [],
  range: { minTimeMs: 0, maxTimeMs: Number.MAX_SAFE_INTEGER },
  takeSymbolBytes: () => undefined,
};
const FREE = { take: () => undefined };

async function goldenWorld(): Promise<MergeTestWorld> {
  const world = new MergeTestWorld();
  await world.putDir(DIR, ULID);
  return world;
}

async function open(
  { bucket }: MergeTestWorld,
  options: Partial<RemoteSeriesOptions> = {},
  { ulid = ULID, windowBytes = 500 } = {},
): Promise<RemoteSeries> {
  const feed = { windowBytes, isSkipping: true, damaged: damagedBlock, onBytes: () => undefined };
  const block = rangedBlock(bucket, await listBlock(bucket, ulid), feed);
  return RemoteSeries.open(block, { ...ALL, ...options });
}

async function read(source: RemoteSeries): Promise<Map<string, readonly (readonly unknown[])[]>> {
  const all = new Map<string, readonly (readonly unknown[])[]>();
  while (await source.next()) {
    const chunks = await source.chunks(FREE);
    const samples = chunks.flatMap(({ view, base, lengthBytes, ...chunk }) => {
      const bytes = new Uint8Array(view.buffer, view.byteOffset + base, lengthBytes);
      return samplesOfChunk({ ...chunk, bytes });
    });
    all.set(labelsText(labelsOfKey(source.key)), samples);
  }
  source.close();
  return all;
}

test.each([100, 5_000, 1_000_000])(
  'all of a block, in windows of %s bytes',
  async (windowBytes) => {
    const world = await goldenWorld();
    const found = await read(await open(world, {}, { windowBytes }));
    expect([...found]).toEqual([...samplesOf(world.disk, await world.fetch(ULID))]);
  },
);

test('random blocks: several segments, all kinds of samples, deleted ones left out', async () => {
  for (let seed = 1; seed <= 15; seed++) {
    const world = new MergeTestWorld();
    const { metas } = await randomBlocks(new SeededRandom(seed), world);
    for (const { ulid } of metas) {
      const found = await read(await open(world, {}, { ulid }));
      expect([...found], `seed ${seed} ${ulid}`).toEqual([
        ...samplesOf(world.disk, await world.fetch(ulid)),
      ]);
    }
  }
});

test.each<[string, readonly Matcher[], (name: string) => boolean]>([
  [
    'a value',
    [{ type: '=', name: '__name__', value: 'up' }],
    (text) => /^\{__name__="up"/.test(text),
  ],
  ['not a value', [{ type: '!=', name: '__name__', value: 'up' }], (text) => !/="up"/.test(text)],
  [
    'a pattern',
    [{ type: '=~', name: '__name__', value: '.*_total' }],
    (text) => /_total"/.test(text),
  ],
  ['a label nobody has', [{ type: '=', name: 'nobody', value: 'x' }], () => false],
  ['or may lack', [{ type: '!=', name: 'nobody', value: 'x' }], () => true],
  ['a label that some have', [{ type: '=', name: 'le', value: '' }], (text) => !/\Wle=/.test(text)],
])('series by %s', async (_, matchers, isWanted) => {
  const world = await goldenWorld();
  const all = [...samplesOf(world.disk, await world.fetch(ULID)).keys()];
  const found = await read(await open(world, { matchers: compileMatchers(matchers) }));
  expect([...found.keys()]).toEqual(all.filter(isWanted));
});

test('each value is tried once', async () => {
  const [matcher] = compileMatchers([{ type: '=~', name: '__name__', value: 'a.*' }]);
  expect(matcher).toBeDefined();
  if (matcher === undefined) return;
  let tried = 0;
  const counting = {
    ...matcher,
    matches: (value: Uint8Array) => {
      tried++;
      return matcher.matches(value);
    },
  };
  const world = await goldenWorld();
  const all = samplesOf(world.disk, await world.fetch(ULID));
  const names = new Set([...all.keys()].map((text) => /__name__="([^"]*)"/.exec(text)?.[1]));
  await read(await open(world, { matchers: [counting] }));
  expect(tried).toBe(names.size);
  expect(names.size).toBeLessThan(all.size);
  expect(SymbolMatcher.name).toBe('SymbolMatcher');
});

test('chunks that reach into the range, whole, and no others', async () => {
  const random = new SeededRandom(1);
  let left = 0;
  for (let seed = 1; seed <= 10; seed++) {
    const world = new MergeTestWorld();
    const { metas } = await randomBlocks(new SeededRandom(seed), world);
    for (const { ulid, minTimeMs: start, maxTimeMs: end } of metas) {
      const range = {
        minTimeMs: random.between(start, end),
        maxTimeMs: random.between(start, end),
      };
      const all = samplesOf(world.disk, await world.fetch(ulid));
      const found = await read(await open(world, { range }, { ulid }));
      for (const [name, samples] of all) {
        const inside = samples.filter(([t]) => t >= range.minTimeMs && t <= range.maxTimeMs);
        const some = found.get(name) ?? [];
        expect(samples).toEqual(expect.arrayContaining([...some]));
        expect(some).toEqual(expect.arrayContaining(inside));
        left += samples.length - some.length;
      }
    }
  }
  expect(left).toBeGreaterThan(100);
});

test('damage ends it with its place, or costs a chunk where that is told', async () => {
  const world = await goldenWorld();
  const all = samplesOf(world.disk, await world.fetch(ULID));
  const key = `${ULID}/chunks/000001`;
  const bytes = Buffer.from(await collect(world.bucket.get(key), 2 ** 30, key));
  bytes.fill(0xff, 5_000, 5_002);
  await world.put(key, bytes);
  await expect(open(world).then(read)).rejects.toMatchObject({
    code: 'damaged_block',
    message: expect.stringMatching(/^chunks\/000001, byte \d+: /),
  });
  const told: VarveError[] = [];
  const found = await read(await open(world, { onDamaged: (error) => told.push(error) }));
  expect(told).toHaveLength(1);
  const lost = [...all].filter(([name, { length }]) => found.get(name)?.length !== length);
  expect(lost).toHaveLength(1);
  expect([...found.keys()]).toEqual([...all.keys()]);
});

test.each(['index', 'chunks/000001', 'meta.json'])(
  '%s that goes: damage, not silence',
  async (name) => {
    const world = await goldenWorld();
    const source = name === 'meta.json' ? undefined : await open(world);
    const listed = await listBlock(world.bucket, ULID);
    await world.bucket.delete(`${ULID}/${name}`);
    const feed = { windowBytes: 500, damaged: damagedBlock, onBytes: () => undefined };
    const opening = () => RemoteSeries.open(rangedBlock(world.bucket, listed, feed), ALL);
    const run = async () => read(source ?? (await opening()));
    await expect(run()).rejects.toMatchObject({ code: 'damaged_block' });
  },
);

test('the symbols are counted before they are held', async () => {
  const world = await goldenWorld();
  const takeSymbolBytes = (bytes: number): void => {
    expect(bytes).toBe(456);
    throw new Error('too many');
  };
  await expect(open(world, { takeSymbolBytes })).rejects.toThrow('too many');
});
