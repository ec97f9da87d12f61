// Small blocks for the kills of compactors: which samples each has is worked out from its
// description, by whoever puts it into the bucket and by whoever looks for them.

import { ChunkBuilder } from '../../../../src/base/chunk/chunk-builder.ts';
import { labelsOf } from '../../../../src/base/model/labels.ts';
import { BlockWriter } from '../../../../src/block/block-writer.ts';
import type { Bucket } from '../../../../src/bucket/bucket.ts';
import { bytesSource } from '../../../../src/bucket/put-sources.ts';
import { MemoryDisk } from '../../memory-disk.ts';

/** Series of a block. */
export const SERIES = 3;
const WINDOW_MS = 7_200_000;
const SYMBOLS = ['__name__', 'load', 'n', ...Array.from({ length: SERIES }, (_, i) => `s${i}`)];

/**
 * What retention does with its time: nothing; raw samples go when 5m has them; 5m goes as well when
 * 1h has it.
 */
export type Era = 'kept' | 'old' | 'oldest';

/** A block, as the manifest has it: one JSON object a line. */
export interface PutBlock {
  readonly ulid: string;
  readonly tenant: string;
  readonly era: Era;
  /** Of its two hours. */
  readonly startMs: number;
  /** Of the first sample, from there. */
  readonly offsetMs: number;
  readonly stepMs: number;
  /** It overlaps blocks that are there already. */
  readonly isLate: boolean;
}

/** When its samples are, of each series. */
export function timesOf({ startMs, offsetMs, stepMs }: PutBlock): readonly number[] {
  const times: number[] = [];
  for (let at = startMs + offsetMs; at < startMs + WINDOW_MS; at += stepMs) times.push(at);
  return times;
}

/** The bits of a sample: a number between 1,024 and 2,048 that no other series has at this time. */
export function bitsOf(series: number, timeMs: number): { low: number; high: number } {
  return { low: Math.floor(timeMs / 1000) >>> 0, high: 0x40900000 + series };
}

/** Puts it into the bucket, meta.json last. */
export async function putBlock(bucket: Bucket, put: PutBlock): Promise<void> {
  const disk = new MemoryDisk();
  disk.makeDir('/b');
  const writer = new BlockWriter({ disk, dir: '/b', ulid: put.ulid });
  const symbols = SYMBOLS.toSorted();
  for (const symbol of symbols) writer.addSymbol(Buffer.from(symbol));
  for (let series = 0; series < SERIES; series++) {
    const builder = new ChunkBuilder();
    for (const timeMs of timesOf(put)) {
      const { low, high } = bitsOf(series, timeMs);
      builder.addFloat(timeMs, low, high);
    }
    const labels = ['__name__', 'load', 'n', `s${series}`];
    writer.addSeries(
      Uint32Array.from(labels, (text) => symbols.indexOf(text)),
      builder.take().map(({ count, ...chunk }) => ({ ...chunk, sampleCount: count })),
    );
  }
  const { startMs, tenant } = put;
  writer.finish({
    minTimeMs: startMs,
    maxTimeMs: startMs + WINDOW_MS,
    labels: labelsOf([['tenant', tenant]]),
    source: 'receive',
  });
  for (const name of ['chunks/000001', 'index', 'meta.json'])
    await bucket.put(`${put.ulid}/${name}`, bytesSource(disk.readFile(`/b/${put.ulid}/${name}`)));
}
