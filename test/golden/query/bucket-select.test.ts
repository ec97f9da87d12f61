// Whole buckets that Thanos made, through a select over each of their resolutions: the dumps of raw
// blocks, the very chunks of downsampled ones.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { labelsText } from '../../../src/base/model/labels.ts';
import type { BlockMeta } from '../../../src/block/meta/format.ts';
import { parseMeta } from '../../../src/block/meta/parse.ts';
import { BlocksReader } from '../../../src/bucket-reader.ts';
import { chunksOf, MergeTestWorld, type SampleText } from '../../support/merge-world.ts';
import { nameOf, selectedSamples } from '../../support/selected-samples.ts';
import { readDump, sharedBlocks } from '../block/blocks.ts';
import { dumpedSamples, expectSame } from '../compact/dumped-samples.ts';

const hasShared = sharedBlocks.length > 0 || process.env.REQUIRE_PEERS === '1';
const RANGE = { minTimeMs: 0, maxTimeMs: Number.MAX_SAFE_INTEGER, matchers: [] };

interface Golden {
  readonly meta: BlockMeta;
  readonly dump: string | undefined;
}

async function bucketOf(set: string) {
  const world = new MergeTestWorld();
  const blocks: Golden[] = [];
  for (const { name, dir, dump } of sharedBlocks) {
    if (!name.startsWith(`${set} `)) continue;
    const meta = parseMeta(readFileSync(`${dir}/meta.json`), 'meta.json');
    blocks.push({ meta, dump });
    await world.putDir(dir, meta.ulid);
  }
  const { bucket, clock } = world;
  return { world, blocks, reader: new BlocksReader({ bucket, clock }) };
}

const resolutionOf = ({ meta }: Golden): number => meta.thanos?.resolutionMs ?? 0;
const streamOf = ({ meta }: Golden): string => labelsText(meta.thanos?.labels ?? []);

test.runIf(hasShared).each(['raw', 'compact', 'long'])(
  '`%s`: the samples of the dumps of its raw blocks',
  async (set) => {
    const { reader, blocks } = await bucketOf(set);
    const wanted = new Map<string, Map<number, string>>();
    const raw = blocks.filter((one) => resolutionOf(one) === 0 && one.dump !== undefined);
    expect(raw.length).toBeGreaterThan(0);
    for (const one of raw.toSorted((a, b) => (a.meta.ulid < b.meta.ulid ? -1 : 1))) {
      for (const [labels, samples] of dumpedSamples(readDump(one.dump ?? ''))) {
        const name = `${labels} ${streamOf(one)}`;
        const all = wanted.get(name) ?? new Map<number, string>();
        for (const [timeMs, text] of samples) if (!all.has(timeMs)) all.set(timeMs, text);
        wanted.set(name, all);
      }
    }
    const found = await selectedSamples(reader.select({ ...RANGE, resolutionMs: 0 }));
    expect(new Set(found.keys())).toEqual(new Set(wanted.keys()));
    const inOrder = [...found.keys()].map((name): [string, readonly SampleText[]] => [
      name,
      [...(wanted.get(name) ?? [])].sort(([a], [b]) => a - b),
    ]);
    expectSame(found, new Map(inOrder));
  },
  180_000,
);

test.runIf(hasShared).each([
  ['compact', 300_000],
  ['long', 300_000],
  ['long', 3_600_000],
])(
  '`%s`: the chunks of its blocks of %s ms, as they are',
  async (set, resolutionMs) => {
    const { world, reader, blocks } = await bucketOf(set);
    const wanted = new Map<string, string[]>();
    const layer = blocks
      .filter((one) => resolutionOf(one) === resolutionMs)
      .toSorted((a, b) => a.meta.minTimeMs - b.meta.minTimeMs);
    expect(layer.length).toBeGreaterThan(0);
    for (const one of layer) {
      for (const [labels, chunks] of chunksOf(world.disk, await world.fetch(one.meta.ulid))) {
        const name = `${labels} ${streamOf(one)}`;
        wanted.set(name, [...(wanted.get(name) ?? []), ...chunks]);
      }
    }
    const found = new Map<string, string[]>();
    const selection = reader.select({ ...RANGE, resolutionMs });
    for await (const series of selection) {
      const texts = series.chunks.map(
        ({ encoding, minTimeMs, maxTimeMs, bytes }) =>
          `${encoding} ${minTimeMs}-${maxTimeMs} ${Buffer.from(bytes).toString('base64')}`,
      );
      found.set(nameOf(series), texts);
    }
    expect(selection.warnings).toEqual([]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
  },
  120_000,
);
