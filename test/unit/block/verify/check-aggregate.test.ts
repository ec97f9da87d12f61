import { describe, expect, it } from 'vitest';
import { writeAggregate } from '../../../../src/base/chunk/aggregate-writer.ts';
import { ChunkReader } from '../../../../src/base/chunk/chunk-reader.ts';
import { XorBuilder } from '../../../../src/base/chunk/xor-builder.ts';
import { checkAggregate } from '../../../../src/block/verify/check-aggregate.ts';

const TIMES = { minTimeMs: 10, maxTimeMs: 30 };
const WINDOWS = [10, 20, 30];

type Parts = Partial<Record<'count' | 'sum' | 'min' | 'max' | 'counter', readonly number[]>>;

/** A chunk whose parts have samples at these times. */
function faultOf(change: Parts): string | undefined {
  const times = { count: WINDOWS, sum: WINDOWS, min: WINDOWS, max: WINDOWS, counter: WINDOWS };
  const parts = Object.values({ ...times, ...change }).map((all: readonly number[]) => {
    if (all.length === 0) return undefined;
    const builder = new XorBuilder();
    builder.begin();
    for (const timeMs of all) builder.append(timeMs, 1);
    return { encoding: 1, bytes: builder.bytes() };
  });
  return checkAggregate(writeAggregate(parts), TIMES, new ChunkReader()).fault;
}

describe('verify finds nothing in an aggregate chunk', () => {
  it('whose parts have the windows that the index says', () => {
    expect(faultOf({})).toBeUndefined();
  });

  it('whose counter is framed by the first and the last value', () => {
    expect(faultOf({ counter: [3, 10, 20, 30, 30] })).toBeUndefined();
    expect(faultOf({ counter: [10, 10, 20, 30, 30] })).toBeUndefined();
  });

  it('that lacks parts, or windows of parts other than the count', () => {
    expect(faultOf({ min: [], max: [], sum: [20], counter: [20] })).toBeUndefined();
  });
});

describe('verify finds an aggregate chunk', () => {
  it('without a count', () => {
    expect(faultOf({ count: [] })).toBe('an aggregate chunk without a count');
  });

  it('whose count has not the windows that the index says', () => {
    expect(faultOf({ count: [20, 30] })).toBe(
      'the first sample is at 20, by the index at 10, in its count',
    );
    expect(faultOf({ count: [10, 20] })).toBe(
      'the last sample is at 20, by the index at 30, in its count',
    );
  });

  it('with a part that is outside of the range', () => {
    expect(faultOf({ sum: [9, 20] })).toContain('at 9, by the index at 10, in its sum');
    expect(faultOf({ max: [20, 31] })).toContain('at 31, by the index at 30, in its max');
    expect(faultOf({ counter: [10, 31] })).toContain('at 31, by the index at 30, in its counter');
  });

  it('whose times do not rise', () => {
    expect(faultOf({ min: [10, 20, 20] })).toBe('a sample at 20 comes after one at 20, in its min');
    expect(faultOf({ counter: [10, 20, 19] })).toBe(
      'a sample at 19 comes after one at 20, in its counter',
    );
  });
});
