import { expect, it } from 'vitest';
import { labelKeyOf } from '../../../src/base/model/label-key.ts';
import { labelsOf } from '../../../src/base/model/labels.ts';
import { type RemoteSelectOptions, selectRemote } from '../../../src/query/select-remote.ts';
import type { RemoteSource } from '../../../src/query/source.ts';
import { floatChunk } from '../../support/float-chunks.ts';

/** Series by name, in their order, each a chunk of two samples. */
function sourceOf(
  series: Readonly<Record<string, readonly [number, number] | undefined>>,
): RemoteSource {
  const names = Object.keys(series);
  let at = -1;
  return {
    next: async () => ++at < names.length,
    get key() {
      return labelKeyOf(labelsOf([['n', names.at(at) ?? '']]));
    },
    chunks: async (budget) => {
      const times = series[names.at(at) ?? ''];
      if (times === undefined) return [];
      const chunk = floatChunk(times, 7);
      budget.take(chunk.lengthBytes);
      return [chunk];
    },
    close: () => undefined,
  };
}

async function selected(
  sources: readonly (readonly [number, RemoteSource])[],
  options: Partial<RemoteSelectOptions> = {},
): Promise<string[]> {
  const found: string[] = [];
  const told: string[] = [];
  const series = selectRemote(
    sources.map(([stream, source]) => ({ stream, source })),
    {
      isAggregated: false,
      isWanted: () => true,
      onDamaged: ({ message }) => told.push(message),
      ...options,
    },
  );
  for await (const { key, stream, chunks } of series) {
    const [, name] = Buffer.from(key).toString().split('\0');
    found.push(`${name} ${stream} ${chunks.map((one) => `${one.minTimeMs}-${one.maxTimeMs}`)}`);
  }
  return [...found, ...told];
}

it('gives each series once, by labels and stream, without those that have no chunks', async () => {
  const first = sourceOf({ a: [1, 2], b: undefined, d: [1, 2] });
  const second = sourceOf({ a: [3, 4], c: [5, 6] });
  const other = sourceOf({ a: [1, 9] });
  expect(
    await selected([
      [1, first],
      [0, other],
      [1, second],
    ]),
  ).toEqual(['a 0 1-9', 'a 1 1-2,3-4', 'c 1 5-6', 'd 1 1-2']);
});

it('merges samples that overlap, chooses among aggregates that do', async () => {
  const pair = () => [[0, sourceOf({ a: [1, 4] })] as const, [0, sourceOf({ a: [2, 5] })] as const];
  expect(await selected(pair())).toEqual(['a 0 1-5']);
  const [series, told] = await selected(pair(), { isAggregated: true });
  expect(series).toBe('a 0 1-4');
  expect(told).toMatch(/aggregates, 2 to 5 is left out/);
});

it('asks nothing of the chunks of series that are not wanted', async () => {
  const isWanted = (key: Uint8Array, stream: number): boolean =>
    stream === 1 || Buffer.from(key).includes('b');
  const sources = [[0, sourceOf({ a: [1, 2], b: [1, 2] })] as const];
  expect(await selected(sources, { isWanted })).toEqual(['b 0 1-2']);
});

it('bounds what a series may hold', async () => {
  const sources = [[0, sourceOf({ a: [1, 2] })] as const, [0, sourceOf({ a: [3, 4] })] as const];
  await expect(selected(sources, { seriesBytesMax: 20 })).rejects.toMatchObject({
    code: 'overloaded',
  });
});
