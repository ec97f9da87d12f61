// The layout in front of a histogram chunk: zero thresholds, custom bounds, spans.

import { expect, test } from 'vitest';
import { BitSink } from '../../../../src/base/chunk/bit-sink.ts';
import { BitWindow } from '../../../../src/base/chunk/bit-window.ts';
import { HistogramLayout } from '../../../../src/base/chunk/histogram-layout.ts';
import {
  CUSTOM_BUCKETS_SCHEMA,
  HistogramValue,
} from '../../../../src/base/chunk/histogram-value.ts';

function written(fill: (value: HistogramValue) => void): BitSink {
  const value = new HistogramValue();
  fill(value);
  const layout = new HistogramLayout();
  layout.takeFrom(value);
  const sink = new BitSink();
  layout.put(sink);
  return sink;
}

/** Reads a layout that stands in front of `more` bytes. */
function read(sink: BitSink, more = 64): HistogramLayout {
  const bytes = new Uint8Array(sink.lengthBytes + more);
  bytes.set(sink.bytes());
  const bits = new BitWindow();
  bits.load(new DataView(bytes.buffer), 0, bytes.length);
  const layout = new HistogramLayout();
  layout.read(bits);
  expect(bits.position).toBe(sink.position);
  return layout;
}

/** A power of two, made of its bits. */
function powerOfTwo(exponent: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, (exponent + 1023) << 20);
  return view.getFloat64(0);
}

test('a zero threshold that is a power of two from 2^-243 to 2^10 takes a byte', () => {
  for (let exponent = -250; exponent <= 20; exponent++) {
    const threshold = powerOfTwo(exponent);
    const sink = written((value) => {
      value.zeroThreshold = threshold;
    });
    const byte = exponent >= -243 && exponent <= 10 ? exponent + 244 : 255;
    expect(sink.bytes()[0]).toBe(byte);
    expect(read(sink).zeroThreshold).toBe(threshold);
  }
});

test.each([
  ['none', 0, 0],
  ['the usual one of 2^-128', 2 ** -128, 116],
  ['no power of two', 0.001, 255],
  ['a negative power of two', -0.5, 255],
])('a zero threshold, %s', (_, threshold, byte) => {
  const sink = written((value) => {
    value.zeroThreshold = threshold;
  });
  expect(sink.bytes()[0]).toBe(byte);
  expect(read(sink).zeroThreshold).toBe(threshold);
});

test('custom bounds come back, thousandths in few bits and all others in 65', () => {
  const bounds = [
    [0, 5],
    [0.001, 5],
    [0.006, 5],
    [0.007, 9],
    [0.005, 5],
    [1, 17],
    [33554.43, 32],
    [33554.431, 65],
    [0.0005, 65],
    [1 / 3, 65],
    [-1, 65],
    [Number.POSITIVE_INFINITY, 65],
  ] as const;
  for (const [bound, bits] of bounds) {
    const fill = (count: number) => (value: HistogramValue) => {
      value.schema = CUSTOM_BUCKETS_SCHEMA;
      for (let i = 0; i < count; i++) value.customValues.push(bound);
    };
    const two = written(fill(2));
    expect(two.position - written(fill(1)).position).toBe(bits);
    expect([...read(two).customValues.view()]).toEqual([bound, bound]);
  }
});

test('spans come back', () => {
  const sink = written((value) => {
    value.schema = -4;
    for (const [offset, length] of [
      [-(2 ** 31), 3],
      [2 ** 31 - 1, 0],
      [0, 2],
    ] as const) {
      value.positiveSpanOffsets.push(offset);
      value.positiveSpanLengths.push(length);
    }
    value.negativeSpanOffsets.push(7);
    value.negativeSpanLengths.push(1);
  });
  const layout = read(sink);
  expect([...layout.positive.offsets.view()]).toEqual([-(2 ** 31), 2 ** 31 - 1, 0]);
  expect([...layout.positive.lengths.view()]).toEqual([3, 0, 2]);
  expect([layout.positiveCount, layout.negativeCount]).toEqual([5, 1]);
});

test('spans of more buckets than there are bits are damage, found before any allocation', () => {
  const sink = written((value) => {
    value.positiveSpanOffsets.push(0);
    value.positiveSpanLengths.push(0xffffffff);
  });
  expect(() => read(sink)).toThrow(expect.objectContaining({ code: 'damaged_chunk' }));
});

test.each([-5, 53, -52])('schema %d is unknown', (schema) => {
  const sink = written((value) => {
    value.schema = schema;
  });
  expect(() => read(sink)).toThrow(/unknown histogram schema/);
});
