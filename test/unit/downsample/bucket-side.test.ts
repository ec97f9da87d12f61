import { describe, expect, it } from 'vitest';
import { HEADER_GAUGE, HEADER_UNKNOWN } from '../../../src/base/chunk/chunk-format.ts';
import { HistogramLayout } from '../../../src/base/chunk/histogram-layout.ts';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { BucketHistogram } from '../../../src/downsample/bucket-histogram.ts';
import { BucketSide } from '../../../src/downsample/bucket-side.ts';
import { HistogramKind } from '../../../src/downsample/histogram-kind.ts';

function side(counts: Readonly<Record<number, number>>): BucketSide {
  const made = new BucketSide();
  const keys = Object.keys(counts).map(Number);
  for (const index of keys.sort((a, b) => a - b)) {
    made.indexes.push(index);
    made.counts.push(counts[index] ?? 0);
  }
  return made;
}

function plain(of: BucketSide): Record<number, number> {
  return Object.fromEntries(Array.from(of.indexes.view(), (index, i) => [index, of.counts.at(i)]));
}

describe('buckets', () => {
  it('add up, with those that only one side has', () => {
    const sum = side({ [-2]: 1, 0: 5 });
    sum.add(side({ [-3]: 2, 0: 1, 4: 7 }));
    expect(plain(sum)).toEqual({ [-3]: 2, [-2]: 1, 0: 6, 4: 7 });
    sum.add(side({ [-3]: 1, [-2]: 1, 0: 1, 4: 1 }));
    expect(plain(sum)).toEqual({ [-3]: 3, [-2]: 2, 0: 7, 4: 8 });
  });

  it('have a difference, also where one side lacks a bucket', () => {
    const difference = new BucketSide();
    difference.becomeDifference(side({ 1: 5, 2: 3 }), side({ 1: 4, 2: 1 }));
    expect(plain(difference)).toEqual({ 1: 1, 2: 2 });
    difference.becomeDifference(side({ 1: 5 }), side({ 2: 3 }));
    expect(plain(difference)).toEqual({ 1: 5, 2: -3 });
  });

  it('become fewer in a coarser schema: the upper bound stays', () => {
    const reduced = new BucketSide();
    reduced.reduceFrom(side({ [-3]: 1, [-2]: 2, [-1]: 4, 0: 8, 1: 16, 2: 32, 3: 64 }), 2);
    expect(plain(reduced)).toEqual({ [-1]: 3, 0: 12, 1: 48, 2: 64 });
  });

  it('are below others when one counts less or is gone that counted', () => {
    expect(side({ 1: 5 }).isBelow(side({ 1: 6 }))).toBe(true);
    expect(side({ 1: 5 }).isBelow(side({ 1: 5, 2: 1 }))).toBe(true);
    expect(side({ 1: 5 }).isBelow(side({ 0: 0, 1: 5, 2: 0 }))).toBe(false);
    expect(side({ 0: 1, 1: 5, 2: 1 }).isBelow(side({ 1: 5 }))).toBe(false);
  });
});

describe('a histogram to reckon with', () => {
  it('gives back what it was loaded with', () => {
    const value = new HistogramValue();
    Object.assign(value, { schema: 2, zeroThreshold: 0.5, zeroCount: 1, count: 7, isFloat: true });
    value.positiveSpanOffsets.push(-1);
    value.positiveSpanLengths.push(2);
    value.positiveBuckets.push(4);
    value.positiveBuckets.push(2);
    value.sumHigh = 0x4000_0000;
    const histogram = new BucketHistogram();
    const back = new HistogramValue();
    histogram.load(value);
    histogram.giveTo(back);
    expect(back).toEqual(value);
    expect(histogram.sum).toBe(2);
  });

  it('writes a sum that is no number with the same bits always, never a stale marker', () => {
    const histogram = new BucketHistogram();
    const value = new HistogramValue();
    histogram.sum = Number.NaN;
    histogram.giveTo(value);
    expect([value.sumHigh, value.sumLow]).toEqual([0xfff8_0000, 0]);
  });
});

describe('two chunks of histograms go together', () => {
  const kind = (header: number, change: Partial<HistogramLayout> = {}, bounds: number[] = []) => {
    const layout = Object.assign(new HistogramLayout(), change);
    for (const bound of bounds) layout.customValues.push(bound);
    return new HistogramKind(header, layout);
  };

  it('when gauge, threshold, bounds and kind of schema are the same', () => {
    const counter = kind(HEADER_UNKNOWN, { schema: 3 });
    expect(counter.fits(kind(HEADER_UNKNOWN, { schema: 1 }))).toBe(true);
    expect(counter.fits(kind(HEADER_GAUGE, { schema: 3 }))).toBe(false);
    expect(counter.fits(kind(HEADER_UNKNOWN, { schema: 3, zeroThreshold: 1 }))).toBe(false);
    expect(counter.fits(kind(HEADER_UNKNOWN, { schema: -53 }))).toBe(false);
    const custom = kind(HEADER_UNKNOWN, { schema: -53 }, [1, 2]);
    expect(custom.fits(kind(HEADER_UNKNOWN, { schema: -53 }, [1, 2]))).toBe(true);
    expect(custom.fits(kind(HEADER_UNKNOWN, { schema: -53 }, [1, 3]))).toBe(false);
    expect(custom.fits(kind(HEADER_UNKNOWN, { schema: -53 }, [1]))).toBe(false);
  });

  it('but not with a threshold that is no number', () => {
    expect(() => kind(HEADER_UNKNOWN, { zeroThreshold: Number.NaN })).toThrow('no number');
  });
});
