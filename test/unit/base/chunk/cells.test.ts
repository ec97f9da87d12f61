// Rows of numbers in histogram chunks: what is put is read again, from the same start.

import { expect, test } from 'vitest';
import { BitSink } from '../../../../src/base/chunk/bit-sink.ts';
import { BitWindow } from '../../../../src/base/chunk/bit-window.ts';
import { HistogramState } from '../../../../src/base/chunk/histogram-state.ts';
import { HistogramValue } from '../../../../src/base/chunk/histogram-value.ts';
import { IntCells } from '../../../../src/base/chunk/int-cells.ts';
import { doubleOf, highBitsOf, lowBitsOf, XorCells } from '../../../../src/base/chunk/xor-cells.ts';
import { AssertionError } from '../../../../src/base/errors/assert.ts';

function windowOf(sink: BitSink): BitWindow {
  const bits = new BitWindow();
  bits.load(sink.view, 0, sink.lengthBytes);
  return bits;
}

test('whole numbers come back, each cell by its own differences', () => {
  const rows = [
    [5, 0, -3],
    [6, 2 ** 40, -3],
    [7, 0, 2 ** 50],
    [8, -(2 ** 40), 0],
  ];
  const writer = new IntCells();
  const sink = new BitSink();
  writer.reset(3);
  for (const row of rows)
    row.forEach((n, i) => {
      writer.put(sink, i, n);
    });
  const reader = new IntCells();
  reader.reset(3);
  const bits = windowOf(sink);
  for (const row of rows)
    row.forEach((n, i) => {
      reader.read(bits, i);
      expect(reader.at(i)).toBe(n);
    });
});

test('doubles come back bit by bit, each cell with a window of its own', () => {
  const patterns = [
    [0, 0],
    [2, 0x7ff00000],
    [-1, -1],
    [0, 1 << 31],
    [1 << 31, 0],
    [0x1000, 0],
    [0, 0x3ff00000],
  ] as const;
  const writer = new XorCells();
  const sink = new BitSink();
  writer.reset(40);
  for (const [low, high] of patterns)
    for (let i = 0; i < 40; i++) writer.put(sink, i, low ^ i, high);
  const reader = new XorCells();
  reader.reset(40);
  const bits = windowOf(sink);
  for (const [low, high] of patterns)
    for (let i = 0; i < 40; i++) {
      reader.read(bits, i);
      expect([reader.low(i), reader.high(i)]).toEqual([low ^ i, high]);
    }
  expect(bits.position).toBe(sink.position);
});

test('a double is its bits', () => {
  for (const value of [0, -0, 1.5, -1e300, 5e-324, Number.POSITIVE_INFINITY])
    expect(doubleOf(lowBitsOf(value), highBitsOf(value))).toBe(value);
});

test('a histogram with fewer buckets than its spans say is our mistake', () => {
  const value = new HistogramValue();
  value.positiveSpanOffsets.push(0);
  value.positiveSpanLengths.push(2);
  value.positiveBuckets.push(1);
  const state = new HistogramState();
  state.reset(false);
  expect(() => state.put(new BitSink(), 1, value)).toThrow(AssertionError);
});
