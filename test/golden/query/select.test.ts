// Blocks that Prometheus and Thanos made, read through a select: one gives its dump, several that
// overlap give the union, as one stream (the replica label lifted out) and as two.

import { expect, test } from 'vitest';
import { ChunkReader } from '../../../src/base/chunk/chunk-reader.ts';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { histogramText } from '../../../src/base/model/histogram-text.ts';
import { labelsOfKey } from '../../../src/base/model/label-key.ts';
import { compareLabels, labelsOf } from '../../../src/base/model/labels.ts';
import { NodeDisk } from '../../../src/base/runtime/node-disk.ts';
import { BlockReader } from '../../../src/block/block-reader.ts';
import { readMeta } from '../../../src/block/meta.ts';
import { BlockSource } from '../../../src/block/select-source.ts';
import { openStreams } from '../../../src/query/open-streams.ts';
import type { MergedSeries } from '../../../src/query/select.ts';
import { select } from '../../../src/query/select.ts';
import { copiedBlocks, type DumpedSeries, type ReferenceBlock, readDump } from '../block/blocks.ts';
import { bitsOf, hex, isSameHistogram } from '../block/compare.ts';

const disk = new NodeDisk();
const QUERY = { minTimeMs: 0, maxTimeMs: Number.MAX_SAFE_INTEGER, matchers: [] };

const dumped = copiedBlocks.filter(({ dump }) => dump !== undefined);

function named(...endings: readonly string[]): ReferenceBlock[] {
  return dumped.filter(({ name }) => endings.some((ending) => name.startsWith(ending)));
}

const replica = (block: ReferenceBlock): string =>
  readMeta(disk, block.dir).thanos?.labels.find(({ name }) => name === 'replica')?.value ?? '';

/** Series of these streams, each a list of blocks. */
function selectOf(streams: readonly (readonly ReferenceBlock[])[]): MergedSeries[] {
  const warnings: string[] = [];
  const dirOf = new Map(streams.flat().map(({ dir }) => [dir.split('/').at(-1)!, dir]));
  const opened = openStreams(
    streams.map((_, number) => ({ dir: `${number}`, head: emptyHead })),
    QUERY,
    {
      listBlocks: (dir) =>
        streams[Number(dir)]!.map((block) => {
          const meta = readMeta(disk, block.dir);
          return { ...meta, resolutionMs: meta.thanos?.resolutionMs ?? 0 };
        }),
      openBlock: (_, ulid) => new BlockReader(disk, dirOf.get(ulid)!),
      sourceOf: (part) => new BlockSource(part),
      warnings: { add: (warning) => warnings.push(warning) },
    },
  );
  const onDamaged = ({ message }: Error): void => void warnings.push(message);
  const all = [...select(opened.sources, { onDamaged })];
  opened.close();
  expect(warnings).toEqual([]);
  return all;
}

function emptyHead() {
  return { key: new Uint8Array(0), next: () => false, chunks: () => [] };
}

/** A series' samples: time → bits of a float, or kind and text of a histogram. */
type Samples = Map<number, string>;

function samplesOf({ chunks }: MergedSeries): Samples {
  const samples: Samples = new Map();
  const reader = new ChunkReader();
  const histogram = new HistogramValue();
  for (const { bytes, encoding, count } of chunks) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    reader.open({ encoding, view, base: 0, lengthBytes: bytes.length, count });
    while (reader.next()) {
      if (!reader.isHistogram) samples.set(reader.timeMs, hex(reader.low, reader.high));
      else {
        reader.load(histogram);
        const kind = histogram.isFloat ? 'float' : 'int';
        samples.set(reader.timeMs, `${kind} ${histogramText(histogram)}`);
      }
    }
  }
  return samples;
}

/** The union of dumps; what comes first stays. Label text → samples, in label order. */
function unionOf(blocks: readonly ReferenceBlock[]): Map<string, Samples> {
  const union = new Map<string, [DumpedSeries['labels'], Samples]>();
  for (const block of blocks)
    for (const { labels, chunks } of readDump(block.dump!)) {
      const text = textOf(labels);
      const [, samples] = union.get(text) ?? [labels, new Map<number, string>()];
      for (const [time, value, histogram] of chunks.flatMap((chunk) => chunk.samples))
        if (!samples.has(time))
          samples.set(time, histogram === undefined ? bitsOf(value) : `${value} ${histogram}`);
      union.set(text, [labels, samples]);
    }
  const sorted = [...union].sort(([, [a]], [, [b]]) =>
    compareLabels(labelsOf(Object.entries(a)), labelsOf(Object.entries(b))),
  );
  return new Map(sorted.map(([text, [, samples]]) => [text, samples]));
}

function textOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort());
}

function expectSeries(
  found: readonly MergedSeries[],
  wanted: ReadonlyMap<string, Samples>,
): number {
  let samples = 0;
  const texts = found.map(({ key }) =>
    textOf(Object.fromEntries(labelsOfKey(key).map(({ name, value }) => [name, value]))),
  );
  expect(texts).toEqual([...wanted.keys()]);
  for (const [i, text] of texts.entries()) {
    const have = samplesOf(found[i]!);
    const want = [...wanted.get(text)!].sort(([a], [b]) => a - b);
    const isSame = [...have.keys()].join() === want.map(([time]) => time).join();
    expect(isSame, `${text}: ${have.size} times, wanted ${want.length}`).toBe(true);
    for (const [time, value] of want)
      if (!isSameHistogram(have.get(time)!, value)) expect(have.get(time)).toBe(value);
    samples += want.length;
  }
  return samples;
}

test.each(dumped)('$name: a select over it alone gives its dump, chunk by chunk', (block) => {
  const found = selectOf([[block]]);
  expect(expectSeries(found, unionOf([block]))).toBeGreaterThan(0);
  const chunks = readDump(block.dump!).map((series) =>
    series.chunks.map(({ encoding, mint, maxt, samples }) => [
      encoding,
      mint,
      maxt,
      samples.length,
    ]),
  );
  const wanted = found.map((series) =>
    series.chunks.map((one) => [one.encoding, one.minTimeMs, one.maxTimeMs, one.count]),
  );
  expect(wanted).toEqual(chunks);
});

test('blocks and the compacted block that was made of them are that block', () => {
  const raw = named('raw').filter((block) => replica(block) === 'r1');
  const whole = named('compact').filter((block) => replica(block) === 'r1');
  expect([raw.length, whole.length]).toEqual([7, 1]);
  // The last two hours are in no compacted block.
  const union = unionOf([...raw, ...whole]);
  const samples = expectSeries(selectOf([[...whole, ...raw]]), union);
  const last = [...unionOf(raw.slice(-1)).values()].reduce((sum, { size }) => sum + size, 0);
  const inWhole = [...unionOf(whole).values()].reduce((sum, { size }) => sum + size, 0);
  expect(samples).toBe(inWhole + last);
});

test('two replicas whose label was lifted out are one: the union, each sample once', () => {
  const r1 = named('compact').filter((block) => replica(block) === 'r1');
  const r2 = named('raw').filter((block) => replica(block) === 'r2');
  const union = unionOf([...r2, ...r1]);
  const samples = expectSeries(selectOf([[...r1, ...r2]]), union);
  const [one, two] = [r1, r2].map((blocks) => unionOf(blocks));
  const count = (series: ReadonlyMap<string, Samples>): number =>
    [...series.values()].reduce((sum, { size }) => sum + size, 0);
  expect(samples).toBe(count(one!) + count(two!)); // r2 is 7 ms behind
});

test('two replicas that are streams of their own stay two series, side by side', () => {
  const r1 = named('compact').filter((block) => replica(block) === 'r1');
  const r2 = named('raw').filter((block) => replica(block) === 'r2');
  const found = selectOf([r1, r2]);
  for (const [stream, blocks] of [r1, r2].entries())
    expectSeries(
      found.filter((series) => series.stream === stream),
      unionOf(blocks),
    );
  const order = found.map(({ key, stream }) => [Buffer.from(key).toString('hex'), stream] as const);
  const sorted = order.toSorted(([a, s], [b, t]) => (a === b ? s - t : a < b ? -1 : 1));
  expect(order).toEqual(sorted);
});
