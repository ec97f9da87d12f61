import { expect, test } from 'vitest';
import type { TimedChunk } from '../../../src/base/chunk/merge-chunks.ts';
import type { VarveError } from '../../../src/base/errors/varve-error.ts';
import { mergeSeries } from '../../../src/query/merge-series.ts';
import { floatChunk } from '../../support/float-chunks.ts';
import { samplesOf } from '../../support/select-reading.ts';

function merge(...chunks: readonly TimedChunk[]) {
  const errors: VarveError[] = [];
  const merged = mergeSeries(chunks, (error) => errors.push(error));
  return { merged, errors, samples: [...samplesOf(merged)] };
}

/** A chunk that cannot be read, between these times. */
function broken(minTimeMs: number, maxTimeMs: number): TimedChunk {
  return { ...floatChunk([minTimeMs, maxTimeMs], 9), count: 500 };
}

test('chunks that overlap nothing pass as they are, without being decoded', () => {
  const unknown = { ...broken(10, 20), encoding: 77 };
  const { merged, errors } = (() => {
    const told: VarveError[] = [];
    return {
      merged: mergeSeries([floatChunk([30], 1), unknown], (e) => told.push(e)),
      errors: told,
    };
  })();
  expect(errors).toEqual([]);
  expect(merged.map(({ encoding, count }) => [encoding, count])).toEqual([
    [77, 500],
    [1, 1],
  ]);
  expect(merged[0]!.bytes).toEqual(new Uint8Array(unknown.view.buffer));
});

test('of samples at one time the one of the first chunk in the list stays', () => {
  const { samples } = merge(
    floatChunk([2, 3, 4], 7),
    floatChunk([1, 2, 3], 8),
    floatChunk([4, 5], 9),
  );
  expect(samples).toEqual([
    [1, '0:8'],
    [2, '0:7'],
    [3, '0:7'],
    [4, '0:7'],
    [5, '0:9'],
  ]);
});

test('the same chunk twice is taken once, byte by byte', () => {
  const chunk = floatChunk([1, 2, 3], 7);
  const { merged } = merge(chunk, floatChunk([1, 2, 3], 7));
  expect(merged.length).toBe(1);
  expect(merged[0]!.bytes.buffer).toBe(chunk.view.buffer);
});

test('a chunk that should be merged and cannot be read is told and left out', () => {
  const { samples, errors } = merge(broken(1, 9), floatChunk([2, 3], 7), floatChunk([3, 4], 8));
  expect(errors.map(({ code }) => code)).toEqual(['damaged_chunk']);
  expect(samples).toEqual([
    [2, '0:7'],
    [3, '0:7'],
    [4, '0:8'],
  ]);
});

test('a chunk whose times are not those said of it is told and left out', () => {
  const wrong = { ...floatChunk([1, 5], 9), maxTimeMs: 4 };
  const { samples, errors } = merge(wrong, floatChunk([3], 7));
  expect(errors.length).toBe(1);
  expect(samples).toEqual([[3, '0:7']]);
});

test('an encoding that is not known is told and left out where it would have to be read', () => {
  const { samples, errors } = merge({ ...broken(1, 9), encoding: 77 }, floatChunk([2], 7));
  expect(errors.map(({ code }) => code)).toEqual(['unsupported']);
  expect(samples).toEqual([[2, '0:7']]);
});

test('empty chunks are nothing', () => {
  expect(merge({ ...floatChunk([1], 1), count: 0 }).merged).toEqual([]);
});
