// Blocks to be merged: two-hour blocks of one stream, the same series in each, 120 samples of each
// series, all of it by a fixed seed. Made once into a directory and kept there.

import { existsSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChunkBuilder } from '../../src/base/chunk/chunk-builder.ts';
import { labelKeyOf } from '../../src/base/model/label-key.ts';
import { NodeDisk } from '../../src/base/runtime/node-disk.ts';
import { BlockWriter } from '../../src/block/block-writer.ts';
import { labelsOf, Values } from '../side-by-side/series.ts';

export interface BlocksPlan {
  readonly blocks: number;
  readonly series: number;
  readonly samplesEach: number;
}

/** What is merged and compacted in the bench. */
export const PLAN: BlocksPlan = {
  blocks: Number(process.env.BENCH_BLOCKS ?? 26),
  series: Number(process.env.BENCH_SERIES ?? 10_000),
  samplesEach: 120,
};

/** The directory of the blocks of PLAN, made when it is not there. */
export function benchBlocks(): string {
  const dir = join(tmpdir(), `varve-bench-blocks-${Object.values(PLAN).join('-')}`);
  makeBlocks(dir, PLAN);
  return dir;
}

export const WINDOW_MS = 7_200_000;
const START_MS = Math.ceil(1_700_000_000_000 / (24 * WINDOW_MS)) * 24 * WINDOW_MS;

/** The ULID of block `number`. */
export function ulidOf(number: number): string {
  return `01HF${String(number).padStart(22, '0')}`;
}

/** First millisecond of block `number`. */
export function minTimeMs(number: number): number {
  return START_MS + number * WINDOW_MS;
}

/** Labels of the blocks. */
export const BLOCK_LABELS = [{ name: 'tenant_id', value: 'bench' }];

/** Makes the blocks in `dir`, unless they are there. */
export function makeBlocks(dir: string, plan: BlocksPlan): void {
  if (existsSync(dir)) return;
  const making = `${dir}.making`;
  rmSync(making, { recursive: true, force: true });
  const disk = new NodeDisk();
  disk.makeDir(making);
  const values = new Values(plan.series);
  const sorted = sortedSeries(plan.series);
  for (let block = 0; block < plan.blocks; block++) {
    const writer = new BlockWriter({ disk, dir: making, ulid: ulidOf(block) });
    const symbols = new Map<string, number>();
    const texts = new Set(['', ...sorted.flatMap(({ labels }) => labels.flat())]);
    for (const text of [...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
      symbols.set(text, symbols.size);
      writer.addSymbol(Buffer.from(text));
    }
    for (const { number, labels } of sorted) {
      const numbers = Uint32Array.from(labels.flat(), (text) => symbols.get(text) ?? 0);
      const chunks = chunksOf(values, number, minTimeMs(block), plan.samplesEach);
      writer.addSeries(numbers, chunks);
    }
    const range = { minTimeMs: minTimeMs(block), maxTimeMs: minTimeMs(block + 1) };
    writer.finish({ ...range, labels: BLOCK_LABELS, source: 'receive' });
  }
  renameSync(making, dir);
}

function sortedSeries(count: number) {
  const all = Array.from({ length: count }, (_, number) => {
    const labels = labelsOf(number);
    const key = labelKeyOf(labels.map(([name, value]) => ({ name, value })));
    return { number, labels, key };
  });
  return all.sort((a, b) => Buffer.compare(a.key, b.key));
}

const view = new DataView(new ArrayBuffer(8));

function chunksOf(values: Values, series: number, fromMs: number, samples: number) {
  const builder = new ChunkBuilder();
  const stepMs = WINDOW_MS / samples;
  for (let i = 0; i < samples; i++) {
    view.setFloat64(0, values.next(series));
    builder.addFloat(fromMs + i * stepMs, view.getUint32(4), view.getUint32(0));
  }
  return builder.take().map(({ count, ...chunk }) => ({ ...chunk, sampleCount: count }));
}
