import { expect, test } from 'vitest';
import { labelKeyOf } from '../../../src/base/model/label-key.ts';
import { DoubleCounter } from '../../../src/query/count-doubles.ts';
import { select } from '../../../src/query/select.ts';
import type { SeriesSource } from '../../../src/query/source.ts';
import { floatChunk } from '../../support/float-chunks.ts';
import { samplesOf } from '../../support/select-reading.ts';

/** One series with these chunks. */
function sourceOf(...chunks: ReturnType<typeof floatChunk>[]): SeriesSource {
  let left = 1;
  return {
    key: labelKeyOf([{ name: 'a', value: 'x' }]),
    next: () => left-- > 0,
    chunks: (budget) => {
      for (const { lengthBytes } of chunks) budget.take(lengthBytes);
      return chunks;
    },
  };
}

const onDamaged = (error: Error): void => {
  throw error;
};

test('a series of two sources is one, the value of the source before stays', () => {
  const sources = [
    { stream: 0, source: sourceOf(floatChunk([1, 2], 1)) },
    { stream: 0, source: sourceOf(floatChunk([2, 3], 2)) },
  ];
  const doubles = new DoubleCounter();
  const all = [...select(sources, { onDamaged, onChunks: (chunks) => doubles.add(chunks) })];
  expect(all.map(({ chunks }) => [...samplesOf(chunks)])).toEqual([
    [
      [1, '0:1'],
      [2, '0:1'],
      [3, '0:2'],
    ],
  ]);
  expect(doubles).toMatchObject({ same: 0, other: 1 });
});

test('a series over its limit of bytes ends the select', () => {
  const sources = [
    { stream: 0, source: sourceOf(floatChunk([1, 2], 1)) },
    { stream: 0, source: sourceOf(floatChunk([3, 4], 2)) },
  ];
  const read = () => [...select(sources, { onDamaged, seriesBytesMax: 24 })];
  expect(read).toThrow(expect.objectContaining({ code: 'overloaded' }));
});

test('samples that stand in more than one place are counted, each once', () => {
  const counter = new DoubleCounter();
  counter.add([floatChunk([1, 2, 3], 1), floatChunk([2, 3], 1), floatChunk([3, 4], 2)]);
  expect(counter).toMatchObject({ same: 1, other: 1 });
  counter.add([floatChunk([1, 2], 1), floatChunk([3], 1)]);
  expect(counter).toMatchObject({ same: 1, other: 1 });
  counter.add([floatChunk([1, 9], 1), floatChunk([5], 1), floatChunk([9], 1)]);
  expect(counter).toMatchObject({ same: 2, other: 1 });
});
