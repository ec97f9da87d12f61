// Random sets of blocks of one group, and what they hold together: by series and time one sample,
// that of the block with the smallest ULID. With gaps, resets, stale markers, every kind of
// histogram, replicas that wrote the same, late blocks that overlap others, deleted samples.

import { ChunkBuilder } from '../../src/base/chunk/chunk-builder.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import { type Labels, labelsOf, labelsText } from '../../src/base/model/labels.ts';
import { BlockReader } from '../../src/block/block-reader.ts';
import { BlockWriter } from '../../src/block/block-writer.ts';
import type { BlockMeta } from '../../src/block/meta/format.ts';
import { writeTombstones } from '../../src/block/tombstones.ts';
import { MemoryDisk } from './memory-disk.ts';
import { type MergeTestWorld, type SampleText, samplesOf } from './merge-world.ts';
import type { SeededRandom } from './seeded-random.ts';

/** The range of each block. */
export const WINDOW_MS = 100_000;
const STALE = { low: 2, high: 0x7ff00000 };
const KINDS = ['float', 'float', 'counter', 'int', 'floats', 'custom', 'mixed'] as const;
type Kind = (typeof KINDS)[number];

/** The blocks, in the bucket of a world, and their samples together. */
export interface RandomBlocks {
  readonly metas: readonly BlockMeta[];
  readonly union: ReadonlyMap<string, readonly SampleText[]>;
}

/** A series and what its samples are. */
export interface Series {
  readonly labels: Labels;
  readonly kind: Kind;
}

/** Makes one to six blocks and puts them into the bucket of `world`. */
export async function randomBlocks(
  random: SeededRandom,
  world: MergeTestWorld,
): Promise<RandomBlocks> {
  const series = seriesOf(random);
  const metas: BlockMeta[] = [];
  const union = new Map<string, Map<number, string>>();
  for (let i = 0; i < random.between(1, 7); i++) {
    const ulid = `01H0${String(i).padStart(22, '0')}`;
    const disk = new MemoryDisk();
    const startMs = random.between(0, 4) * WINDOW_MS;
    const made = randomBlock(disk, { ulid, startMs, series }, random);
    if (made === undefined) continue;
    if (random.fraction() < 0.3) deleteSome(disk, made.dir, random);
    for (const [name, samples] of samplesOf(disk, made.dir)) {
      const all = union.get(name) ?? new Map<number, string>();
      for (const [timeMs, text] of samples) if (!all.has(timeMs)) all.set(timeMs, text);
      if (all.size > 0) union.set(name, all);
    }
    metas.push(made.meta);
    await world.putFrom(disk, made.dir, ulid);
  }
  const sorted = [...union].map(([name, samples]) => {
    return [name, [...samples].sort(([a], [b]) => a - b)] as const;
  });
  return { metas, union: new Map(sorted) };
}

/** One to seven series of all kinds. */
export function seriesOf(random: SeededRandom): readonly Series[] {
  const all = Array.from({ length: random.between(1, 8) }, (_, i): Series => {
    const pairs: [string, string][] = [
      ['__name__', random.pick(['up', 'a_total', 'süd', '\u{10ffff}'])],
      ['n', String(i)],
    ];
    return { labels: labelsOf(pairs), kind: random.pick(KINDS) };
  });
  return all;
}

/** What a block is to be. */
export interface BlockPlan {
  readonly ulid: string;
  readonly startMs: number;
  /** Of the block; none by default. */
  readonly labels?: Labels;
  readonly series: readonly Series[];
}

/** A block of most of the series in `/blocks`; undefined when none of them took part. */
export function randomBlock(
  disk: MemoryDisk,
  { labels = [], series, startMs, ulid }: BlockPlan,
  random: SeededRandom,
) {
  const here = series
    .filter(() => random.fraction() < 0.8)
    .map((one) => ({ ...one, text: labelsText(one.labels), key: keyOf(one.labels) }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  if (here.length === 0) return undefined;
  disk.makeDir('/blocks');
  const segmentBytesMax = random.pick([200, 2000, 100_000]);
  const writer = new BlockWriter({ disk, dir: '/blocks', ulid, segmentBytesMax });
  const texts = new Set(['', 'unused']);
  for (const one of here) for (const { name, value } of one.labels) texts.add(name).add(value);
  const symbols = [...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const symbol of symbols) writer.addSymbol(Buffer.from(symbol));
  for (const { kind, labels: own } of here) {
    const numbers = own.flatMap(({ name, value }) => [name, value]);
    const chunks = chunksOf(random, kind, startMs).map(({ count, ...chunk }) => {
      return { ...chunk, sampleCount: count };
    });
    writer.addSeries(
      Uint32Array.from(numbers, (text) => symbols.indexOf(text)),
      chunks,
    );
  }
  const range = { minTimeMs: startMs, maxTimeMs: startMs + WINDOW_MS };
  return writer.finish({ ...range, labels, source: 'receive' });
}

function keyOf(labels: Labels): Uint8Array {
  return Buffer.concat(
    labels.flatMap(({ name, value }) => [Buffer.from(name), ZERO, Buffer.from(value), ZERO]),
  );
}

const ZERO = Buffer.of(0);

/** At least one chunk, in the window; times lie on a grid, so that blocks have some in common. */
function chunksOf(random: SeededRandom, kind: Kind, startMs: number) {
  const builder = new ChunkBuilder(random.pick([3, 20, 120]));
  const stepMs = random.pick([500, 1000, 1007]);
  const share = random.pick([0.1, 0.7, 1]);
  const value = new HistogramValue();
  let counter = 0;
  for (let timeMs = startMs; timeMs < startMs + WINDOW_MS; timeMs += stepMs) {
    if (timeMs > startMs && random.fraction() > share) continue;
    counter = random.fraction() < 0.02 ? 0 : counter + random.between(0, 9);
    if (random.fraction() < 0.01) builder.finishChunk();
    addSample(builder, { timeMs, kind, counter }, { random, value });
  }
  return builder.take();
}

function addSample(
  builder: ChunkBuilder,
  sample: { readonly timeMs: number; readonly kind: Kind; readonly counter: number },
  { random, value }: { readonly random: SeededRandom; readonly value: HistogramValue },
): void {
  const { timeMs, kind, counter } = sample;
  const isFloat = kind === 'float' || kind === 'counter' || (kind === 'mixed' && counter % 20 < 9);
  if (isFloat) {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, kind === 'float' ? random.fraction() * 100 : counter);
    const isStale = random.fraction() < 0.02;
    const low = isStale ? STALE.low : bits.getUint32(4);
    builder.addFloat(timeMs, low, isStale ? STALE.high : bits.getUint32(0));
    return;
  }
  fill(value, kind, counter, random);
  builder.addHistogram(timeMs, value);
}

function fill(value: HistogramValue, kind: Kind, counter: number, random: SeededRandom): void {
  value.clear();
  value.isFloat = kind === 'floats';
  value.schema = kind === 'custom' ? -53 : random.pick([0, 0, 0, 1]);
  const buckets = Array.from({ length: 3 }, (_, i) => counter + i);
  value.positiveSpanOffsets.push(0);
  value.positiveSpanLengths.push(buckets.length);
  for (const [i, count] of buckets.entries()) {
    const before = value.isFloat ? 0 : (buckets[i - 1] ?? 0);
    value.positiveBuckets.push(count - before);
  }
  if (kind === 'custom') for (const bound of [1, 2.5]) value.customValues.push(bound);
  value.count = buckets.reduce((sum, count) => sum + count, 0);
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, counter * 1.5);
  value.sumLow = bits.getUint32(4);
  value.sumHigh = bits.getUint32(0);
}

function deleteSome(disk: MemoryDisk, dir: string, random: SeededRandom): void {
  const block = new BlockReader(disk, dir);
  const refs = [...block.series()].map(({ ref }) => ref);
  const from = block.readMeta().minTimeMs;
  block.close();
  const interval = () => {
    const minTimeMs = from + random.between(0, WINDOW_MS);
    return { minTimeMs, maxTimeMs: minTimeMs + random.between(0, WINDOW_MS) };
  };
  const some = refs.filter(() => random.fraction() < 0.5);
  writeTombstones(disk, dir, new Map(some.map((ref) => [ref, [interval()]])));
}
