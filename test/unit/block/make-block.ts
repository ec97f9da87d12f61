// Small blocks for tests: series as text, chunks of plain floats.

import { ChunkBuilder } from '../../../src/base/chunk/chunk-builder.ts';
import { compareUtf8, type Labels } from '../../../src/base/model/labels.ts';
import type { Disk } from '../../../src/base/runtime/disk.ts';
import type { BlockSink, ChunkToWrite } from '../../../src/block/block-sink.ts';
import { BlockWriter, type WrittenBlock } from '../../../src/block/block-writer.ts';
import type { LogPosition } from '../../../src/wal/log.ts';

export const ULID = '01M832KAJWMK22126GMWCXRFNM';
export const DIR = '/data/tenant';

/** A series and its samples: one list per chunk. */
export interface SeriesToMake {
  readonly labels: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly chunks: readonly (readonly (readonly [timeMs: number, value: number])[])[];
}

export function floatChunk(samples: readonly (readonly [number, number])[]): ChunkToWrite {
  const builder = new ChunkBuilder();
  const bits = new DataView(new ArrayBuffer(8));
  for (const [timeMs, value] of samples) {
    bits.setFloat64(0, value);
    builder.addFloat(timeMs, bits.getUint32(4), bits.getUint32(0));
  }
  const [made, ...more] = builder.take();
  if (made === undefined || more.length > 0) throw new Error('not one chunk');
  return {
    minTimeMs: samples[0]![0],
    maxTimeMs: samples.at(-1)![0],
    encoding: 1,
    sampleCount: samples.length,
    bytes: made.bytes.slice(),
  };
}

function pairsOf(series: SeriesToMake): [string, string][] {
  const pairs = Array.isArray(series.labels) ? series.labels : Object.entries(series.labels);
  return pairs
    .map(([name, value]): [string, string] => [name, value])
    .sort(([a], [b]) => compareUtf8(a, b));
}

/** Feeds `series`, which must be in label order, into a sink. */
export function feed(sink: BlockSink, series: readonly SeriesToMake[]): void {
  const texts = new Set(['', ...series.flatMap((one) => pairsOf(one).flat())]);
  const symbols = [...texts].sort(compareUtf8);
  for (const symbol of symbols) sink.addSymbol(Buffer.from(symbol));
  for (const one of series) {
    const labels = pairsOf(one)
      .flat()
      .map((text) => symbols.indexOf(text));
    sink.addSeries(Uint32Array.from(labels), one.chunks.map(floatChunk));
  }
}

export const SOME_SERIES: readonly SeriesToMake[] = [
  {
    labels: { __name__: 'down', job: 'a' },
    chunks: [
      [
        [1000, 1],
        [2000, 2.5],
      ],
    ],
  },
  {
    labels: { __name__: 'up', job: 'a' },
    chunks: [
      [
        [1000, 1],
        [2000, 1],
      ],
      [[3000, 0]],
    ],
  },
  { labels: { __name__: 'up', job: 'b', süd: 'ü' }, chunks: [[[1500, Number.NaN]]] },
];

/** What a block may have that is not as usual. */
export interface BlockToMake {
  readonly dir?: string;
  readonly segmentBytesMax?: number;
  readonly ulid?: string;
  readonly labels?: Labels;
  readonly wal?: LogPosition;
  /** [1000, 4000) by default. */
  readonly range?: { readonly minTimeMs: number; readonly maxTimeMs: number };
}

/** Writes a block of `series`. */
export function makeBlock(
  disk: Disk,
  series: readonly SeriesToMake[] = SOME_SERIES,
  options: BlockToMake = {},
): WrittenBlock {
  disk.makeDir(options.dir ?? DIR);
  const { labels, range, wal, ...rest } = options;
  const writer = new BlockWriter({ disk, dir: DIR, ulid: ULID, ...rest });
  feed(writer, series);
  return writer.finish({
    ...(range ?? { minTimeMs: 1000, maxTimeMs: 4000 }),
    labels: labels ?? [{ name: 'tenant_id', value: 'tenant' }],
    source: 'receive',
    wal: wal ?? { segment: 3, offset: 4096 },
  });
}
