// What a merge is said to cost is never below what it took.

import { expect, test } from 'vitest';
import type { BlockMeta } from '../../../../src/block/meta/format.ts';
import type { ViewedBlock } from '../../../../src/bucket/block-view.ts';
import type { StoreRequest } from '../../../../src/bucket/bucket.ts';
import { estimateCost } from '../../../../src/compact/merge/estimate.ts';
import { segmentBytesFor, windowBytesFor } from '../../../../src/compact/merge/merge-sizes.ts';
import { eachObject } from '../../../support/each-object.ts';
import { MergeTestWorld, taskOf } from '../../../support/merge-world.ts';
import { randomBlocks } from '../../../support/random-blocks.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const MIB = 1024 * 1024;

async function viewed(world: MergeTestWorld, meta: BlockMeta): Promise<ViewedBlock> {
  let sizeBytes = 0;
  let indexBytes = 0;
  let fileCount = 0;
  for await (const object of eachObject(world.bucket.list(`${meta.ulid}/`))) {
    if (object.key.endsWith('/meta.json')) continue;
    fileCount++;
    sizeBytes += object.sizeBytes;
    if (object.key.endsWith('/index')) indexBytes = object.sizeBytes;
  }
  const { minTimeMs, maxTimeMs, stats, compaction, thanos } = meta;
  return {
    ulid: meta.ulid,
    minTimeMs,
    maxTimeMs,
    labels: thanos?.labels ?? [],
    resolutionMs: 0,
    level: compaction.level,
    sources: compaction.sources,
    source: 'receive',
    ...{ numSeries: stats.numSeries, numSamples: stats.numSamples, numChunks: stats.numChunks },
    numTombstones: 0,
    ...{ sizeBytes, indexBytes, fileCount },
    uploadedMs: 0,
    marks: { deletion: undefined, noCompact: undefined, noDownsample: undefined },
  };
}

test('bytes, requests and disk of random merges are within the estimate', async () => {
  for (let seed = 2000; seed < 2040; seed++) {
    const world = new MergeTestWorld();
    const { metas } = await randomBlocks(new SeededRandom(seed), world);
    if (metas.length === 0) continue;
    const cost = estimateCost(await Promise.all(metas.map((meta) => viewed(world, meta))));
    let requests = 0;
    const observe = ({ class: kind }: StoreRequest): void => {
      if (kind !== 'delete') requests++;
    };
    const bucket = world.bucket.observedBy(observe);
    const outcome = await world.merge(taskOf(metas, { labels: [] }), { bucket });
    if (outcome.kind !== 'made') continue;
    const { figures, sizeBytes } = outcome;
    expect(figures.readBytes).toBeLessThanOrEqual(cost.readBytes);
    expect(sizeBytes).toBeLessThanOrEqual(cost.writtenBytes);
    expect(figures.writtenBytes).toBe(sizeBytes);
    expect(figures.diskBytesMax).toBeLessThanOrEqual(cost.diskBytes);
    expect(requests).toBeLessThanOrEqual(cost.requests);
  }
});

test('segments are a sixteenth of the sources, within Prometheus’s size', () => {
  expect(segmentBytesFor(0)).toBe(8 * MIB);
  expect(segmentBytesFor(160 * MIB)).toBe(10 * MIB);
  expect(segmentBytesFor(2 ** 40)).toBe(512 * MIB);
});

test('ranges share what memory there is, and are neither tiny nor huge', () => {
  expect(windowBytesFor(0)).toBe(3 * MIB);
  expect(windowBytesFor(26) * 26 * 4).toBeLessThanOrEqual(12 * MIB);
  expect(windowBytesFor(100_000)).toBe(64 * 1024);
});
