// XOR chunks: the cases that have a name.

import { expect, test } from 'vitest';
import {
  XOR_APPEND_BITS_MAX,
  xorAppend,
  xorHeaderWrite,
} from '../../../../src/base/chunk/xor-append.ts';
import { XorReader } from '../../../../src/base/chunk/xor-reader.ts';
import { XorState } from '../../../../src/base/chunk/xor-state.ts';
import { AssertionError } from '../../../../src/base/errors/assert.ts';

type Sample = readonly [timeMs: number, low: number, high: number];

function encode(samples: readonly Sample[]): { bytes: Uint8Array; state: XorState } {
  const bytes = new Uint8Array(64 + samples.length * 24);
  const view = new DataView(bytes.buffer);
  const state = new XorState();
  for (const [timeMs, low, high] of samples) xorAppend(view, 0, state, timeMs, low, high);
  xorHeaderWrite(view, 0, state.count);
  return { bytes: bytes.slice(0, state.lengthBytes), state };
}

function decode(bytes: Uint8Array, count: number): Sample[] {
  const reader = new XorReader();
  reader.reset(new DataView(bytes.buffer), 0, bytes.length, count);
  const samples: Sample[] = [];
  while (reader.next()) samples.push([reader.timeMs, reader.low, reader.high]);
  return samples;
}

test.each([
  ['the same delta', 0, 1],
  ['14 bits, lowest', -8191, 16],
  ['14 bits, highest', 8192, 16],
  ['17 bits, just below 14', -8192, 20],
  ['17 bits, just above 14', 8193, 20],
  ['17 bits, lowest', -65535, 20],
  ['17 bits, highest', 65536, 20],
  ['20 bits, just below 17', -65536, 24],
  ['20 bits, just above 17', 65537, 24],
  ['20 bits, lowest', -524287, 24],
  ['20 bits, highest', 524288, 24],
  ['64 bits, just below 20', -524288, 68],
  ['64 bits, just above 20', 524289, 68],
  ['64 bits, far', 2 ** 50, 68],
])('a delta of deltas, %s, takes its width and comes back', (_, dod, bits) => {
  const step = 2 ** 40;
  const first: Sample[] = [
    [5, 1, 2],
    [5 + step, 1, 2],
  ];
  const third: Sample = [5 + 2 * step + dod, 1, 2];
  const before = encode(first).state.bitPosition;
  const { bytes, state } = encode([...first, third]);
  expect(state.bitPosition - before).toBe(bits + 1);
  expect(decode(bytes, 3)).toEqual([...first, third]);
});

test.each([
  ['no bit in common', 0xffffffff, 0xffffffff],
  ['the highest bit only', 0, 0x80000000],
  ['the lowest bit only', 1, 0],
  ['32 leading zeros, kept as 31', 0x80000000, 0],
  ['the stale marker', 0x00000002, 0x7ff00000],
  ['a NaN with a payload and a sign', 0xdeadbeef, 0xfff4dead],
])('a value with %s comes back', (_, low, high) => {
  const samples: Sample[] = [
    [1, 0, 0],
    [2, low, high],
    [3, 0, 0],
    [4, low, high],
  ];
  expect(decode(encode(samples).bytes, 4)).toEqual(samples);
});

test('the largest times come back', () => {
  for (const timeMs of [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 3]) {
    const samples: Sample[] = [0, 1, 2].map((i) => [timeMs + i, i, 0]);
    expect(decode(encode(samples).bytes, 3)).toEqual(samples);
  }
});

test('no sample takes more than XOR_APPEND_BITS_MAX bits', () => {
  const { state } = encode([[0, 0, 0]]);
  const before = state.bitPosition;
  const all = encode([
    [0, 0, 0],
    [2 ** 51, 0xffffffff, 0xffffffff],
  ]).state.bitPosition;
  expect(all - before).toBeLessThanOrEqual(XOR_APPEND_BITS_MAX);
});

test('a time that jumps by more than 2^51 is our mistake', () => {
  const far: Sample[] = [
    [-Number.MAX_SAFE_INTEGER, 0, 0],
    [Number.MAX_SAFE_INTEGER, 0, 0],
  ];
  expect(() => encode(far)).toThrow(AssertionError);
});

test.each([
  ['no bytes at all', []],
  ['a header only', [0, 2]],
  ['a first sample that is cut off', [0, 2, 0, 1, 2, 3]],
  ['a varint without an end', [0, 1, ...Array(12).fill(0xff)]],
  ['a first time beyond 2^53', [0, 1, ...Array(9).fill(0xff), 1, ...Array(8).fill(0)]],
  [
    'a window of more than 64 bits',
    [0, 2, 0, ...Array(8).fill(0), 1, 0xff, 0xff, ...Array(9).fill(0)],
  ],
])('%s is a damaged chunk', (_, bytes) => {
  const count = bytes.length < 2 ? 1 : (bytes[1] ?? 0);
  expect(() => decode(Uint8Array.from(bytes), count)).toThrow(
    expect.objectContaining({ code: 'damaged_chunk' }),
  );
});

test('a count larger than the bits can hold ends in an error that names the place', () => {
  const { bytes } = encode([
    [1, 2, 3],
    [2, 2, 3],
  ]);
  expect(() => decode(bytes, 65535)).toThrow(/sample 6 of 65535, at byte 13 of 13/);
});
