// Blocks that Prometheus cut, merged by Varve: the same samples in every series as Thanos's
// compactor left, without deduplication, by exact time, and by penalty.

import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { BlockMeta } from '../../../src/block/meta/format.ts';
import { parseMeta } from '../../../src/block/meta/parse.ts';
import type { Deduplication } from '../../../src/compact/planned-job.ts';
import { chunksOf, MergeTestWorld, RESULT_ULID, taskOf } from '../../support/merge-world.ts';
import { copiedBlocks, type ReferenceBlock, readDump, sharedBlocks } from '../block/blocks.ts';
import { dumpedSamples, expectSame } from './dumped-samples.ts';

const CLUSTER = [{ name: 'cluster', value: 'prod-eu' }];
const hasShared = sharedBlocks.length > 0;

interface Golden {
  readonly block: ReferenceBlock;
  readonly meta: BlockMeta;
}

function goldenOf(set: string, from = sharedBlocks): Golden[] {
  return from
    .filter(({ name }) => name.startsWith(`${set} `))
    .map((block) => ({
      block,
      meta: parseMeta(readFileSync(`${block.dir}/meta.json`), 'meta.json'),
    }));
}

function replicaOf({ meta }: Golden): string | undefined {
  return meta.thanos?.labels.find(({ name }) => name === 'replica')?.value;
}

/** Merges those of `raw` that went into `wanted`, and compares with its dump. */
async function expectMerged(
  raw: readonly Golden[],
  wanted: Golden,
  deduplication: Deduplication = 'merge',
): Promise<MergeTestWorld> {
  const world = new MergeTestWorld();
  const sources = raw.filter(({ meta }) => wanted.meta.compaction.sources.includes(meta.ulid));
  expect(sources.length).toBe(wanted.meta.compaction.sources.length);
  for (const { block, meta } of sources) await world.putDir(block.dir, meta.ulid);
  const metas = sources.map(({ meta }) => meta);
  const labels = wanted.meta.thanos?.labels ?? CLUSTER;
  const outcome = await world.merge(taskOf(metas, { labels, deduplication }));
  expect(outcome, JSON.stringify(outcome)).toMatchObject({ kind: 'made' });
  const { findings, samples, meta } = await world.look();
  expect(findings).toEqual([]);
  expectSame(samples, dumpedSamples(readDump(wanted.block.dump ?? '')));
  expect(meta.compaction.sources).toEqual(wanted.meta.compaction.sources);
  expect(meta.thanos?.labels).toEqual(wanted.meta.thanos?.labels);
  expect(meta.minTimeMs).toBe(wanted.meta.minTimeMs);
  expect(meta.maxTimeMs).toBe(wanted.meta.maxTimeMs);
  return world;
}

test('the copied blocks of replica r2 become what Thanos made of them', async () => {
  const raw = goldenOf('raw', copiedBlocks);
  const wanted = goldenOf('compact', copiedBlocks).filter(
    ({ meta }) =>
      meta.thanos?.resolutionMs === 0 &&
      meta.compaction.sources.every((ulid) => raw.some((one) => one.meta.ulid === ulid)),
  );
  expect(wanted.length).toBeGreaterThan(0);
  for (const one of wanted) await expectMerged(raw, one);
});

test.runIf(hasShared)(
  'every raw block of `compact`, by replica',
  async () => {
    const raw = goldenOf('raw');
    const wanted = goldenOf('compact').filter(
      ({ meta }) => meta.thanos?.resolutionMs === 0 && meta.compaction.level > 1,
    );
    expect(wanted.length).toBe(6);
    for (const one of wanted) {
      const replica = raw.filter((source) => replicaOf(source) === replicaOf(one));
      await expectMerged(replica, one);
    }
  },
  120_000,
);

test.runIf(hasShared).each(['dedup', 'penalty'] as const)(
  '`%s`',
  async (set) => {
    const wanted = goldenOf(set).filter(({ meta }) => meta.thanos?.resolutionMs === 0);
    expect(wanted.length).toBe(2);
    const deduplication = set === 'penalty' ? 'penalty' : 'merge';
    for (const one of wanted) await expectMerged(goldenOf('raw'), one, deduplication);
  },
  120_000,
);

test.runIf(hasShared)(
  '`long-raw` becomes the raw block of `long`',
  async () => {
    const [wanted] = goldenOf('long').filter(
      ({ meta }) => meta.thanos?.resolutionMs === 0 && meta.compaction.level > 1,
    );
    expect(wanted).toBeDefined();
    if (wanted !== undefined) await expectMerged(goldenOf('long-raw'), wanted);
  },
  120_000,
);

test.runIf(hasShared)('chunks of aggregates pass as they are', async () => {
  const world = new MergeTestWorld();
  const [one] = goldenOf('long').filter(({ meta }) => meta.thanos?.resolutionMs === 300_000);
  expect(one).toBeDefined();
  if (one === undefined) return;
  await world.putDir(one.block.dir, one.meta.ulid);
  const labels = one.meta.thanos?.labels ?? [];
  const outcome = await world.merge(taskOf([one.meta], { labels, resolutionMs: 300_000 }));
  expect(outcome, JSON.stringify(outcome)).toMatchObject({ kind: 'made' });
  const before = chunksOf(world.disk, await world.fetch(one.meta.ulid));
  const after = chunksOf(world.disk, await world.fetch(RESULT_ULID));
  expect(after).toEqual(before);
  expect(existsSync(one.block.dir)).toBe(true);
  const { meta } = await world.look();
  expect(meta.stats.numSamples).toBe(one.meta.stats.numSamples);
});
