import { describe, expect, it } from 'vitest';
import { FloatSamples } from '../../../../src/base/chunk/float-samples.ts';
import { FloatWindows, windowEndMs } from '../../../../src/base/chunk/float-windows.ts';
import { floatChunk } from '../../../support/float-chunks.ts';

function windowsOf(samples: readonly (readonly [number, number])[]): Record<string, number[]> {
  const column = new FloatSamples();
  for (const [timeMs, value] of samples) column.push(timeMs, value);
  const made = new FloatWindows();
  made.aggregate(column, { start: 0, end: samples.length, resolutionMs: 10 });
  const { counters, counts, length, maxs, mins, sums, times } = made;
  const columns = { times, counts, sums, mins, maxs, counters };
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, [...values.subarray(0, length)]]),
  );
}

describe('floats by windows', () => {
  it('stand at the end of their window, the last one at the last sample', () => {
    expect(
      windowsOf([
        [0, 1],
        [9, 4],
        [10, 2],
        [25, 7],
      ]),
    ).toEqual({
      times: [9, 19, 25],
      counts: [2, 1, 1],
      sums: [5, 2, 7],
      mins: [1, 2, 7],
      maxs: [4, 2, 7],
      counters: [4, 6, 11],
    });
  });

  it('take an infinity for the least and the greatest that it is', () => {
    const only = Number.POSITIVE_INFINITY;
    expect(windowsOf([[0, only]])).toMatchObject({ mins: [only], maxs: [only], sums: [only] });
    expect(windowsOf([[0, -only]])).toMatchObject({ mins: [-only], maxs: [-only] });
  });

  it('are more than the columns had room for', () => {
    const samples = Array.from({ length: 1000 }, (_, i) => [i * 10, 1] as const);
    expect(windowsOf(samples).counts).toHaveLength(1000);
  });

  it('end at whole multiples of their length, before 1970 too', () => {
    expect([-11, -10, -1, 0, 9, 10].map((ms) => windowEndMs(ms, 10))).toEqual([
      -11, -1, -1, 9, 9, 19,
    ]);
  });
});

describe('a column of samples', () => {
  it('refuses a chunk that does not lie behind what is there', () => {
    const samples = new FloatSamples();
    samples.append(floatChunk([1, 2, 3], 5));
    expect(() => samples.append(floatChunk([3, 4], 5))).toThrow('do not rise');
  });

  it('refuses a chunk whose times are not those given', () => {
    const chunk = floatChunk([1, 2, 3], 5);
    expect(() => new FloatSamples().append({ ...chunk, minTimeMs: 2 })).toThrow('at 1');
    expect(() => new FloatSamples().append({ ...chunk, maxTimeMs: 2 })).toThrow('at 3');
  });
});
