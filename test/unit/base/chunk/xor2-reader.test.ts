// XOR2 chunks: the cases that have a name, written bit by bit. Random ones are in test/property.

import { expect, test } from 'vitest';
import { BitWindow } from '../../../../src/base/chunk/bit-window.ts';
import { readUvarint, readVarint } from '../../../../src/base/chunk/go-varint.ts';
import { StartTimes } from '../../../../src/base/chunk/start-times.ts';
import { Xor2Reader } from '../../../../src/base/chunk/xor2-reader.ts';
import {
  bitString,
  bytesOfBits,
  uvarint,
  varbitInt,
  varint,
} from '../../../property/chunk/naive-bits.ts';

const ONE = 0x3ff0_0000_0000_0000n;
const STALE = 0x7ff0_0000_0000_0002n;

const first = (timeMs: bigint, bits: bigint): string => varint(timeMs) + bitString(bits, 64);
const NO_STARTS = '00000000';

/** A new window that holds all of a difference that fits 40 significant bits behind 10 zeros. */
const windowOf = (difference: bigint): string =>
  bitString(10n, 5) + bitString(40n, 6) + bitString(difference >> 14n, 40);

function decode(count: number, starts: string, ...parts: string[]): [number, string][] {
  const bytes = bytesOfBits(bitString(BigInt(count), 16) + starts + parts.join(''));
  const view = new DataView(bytes.buffer);
  const reader = new Xor2Reader();
  reader.reset({ encoding: 4, view, base: 0, lengthBytes: bytes.length, count });
  const samples: [number, string][] = [];
  while (reader.next()) {
    const bits = (BigInt(reader.high) << 32n) | BigInt(reader.low);
    samples.push([reader.timeMs, bits.toString(16)]);
  }
  return samples;
}

const one = ONE.toString(16);
const stale = STALE.toString(16);
const changed = (ONE ^ (5n << 14n)).toString(16);
const BEGIN = [first(1000n, ONE), `${uvarint(10n)}0`];

test.each([
  ['nothing changes', ['0'], [1020, one]],
  ['the value changes, in a new window', [`101${windowOf(5n << 14n)}`], [1020, changed]],
  ['the step grows by the most that 13 bits hold', [`110${bitString(4095n, 13)}0`], [5115, one]],
  ['the step shrinks', [`110${bitString(-7n, 13)}0`], [1013, one]],
  ['the lowest of 13 bits is negative', [`110${bitString(-4096n, 13)}0`], [-3076, one]],
  ['the step grows by 20 bits', [`1110${bitString(524_287n, 20)}0`], [525_307, one]],
  ['the lowest of 20 bits is negative', [`1110${bitString(-524_288n, 20)}0`], [-523_268, one]],
  ['the step grows by 64 bits', [`11110${bitString(2n ** 40n, 64)}0`], [2 ** 40 + 1020, one]],
  ['step and value change', [`110${bitString(1n, 13)}110${windowOf(5n << 14n)}`], [1021, changed]],
  ['a stale marker on time', ['11111'], [1020, stale]],
  ['a stale marker with another step', [`110${bitString(1n, 13)}111`], [1021, stale]],
])('the third sample: %s', (_, bits, third) => {
  const expected = [[1000, one], [1010, one], third];
  expect(decode(3, NO_STARTS, ...BEGIN, ...bits)).toEqual(expected);
});

test('a stale marker is no value to differ from', () => {
  const later = ['11111', '0', `100${bitString(5n, 40)}`, '11111', '11111'];
  const begin = [first(1000n, ONE), `${uvarint(10n)}110${windowOf(5n << 14n)}`];
  const values = decode(7, NO_STARTS, ...begin, ...later).map(([, value]) => value);
  expect(values).toEqual([one, changed, stale, changed, one, stale, stale]);
});

test('behind a stale first sample values differ from zero', () => {
  const samples = decode(2, NO_STARTS, first(0n, STALE), `${uvarint(1n)}0`);
  expect(samples).toEqual([
    [0, stale],
    [1, '0'],
  ]);
});

test('before a window was written all 64 bits follow', () => {
  const whole = `100${bitString(ONE ^ STALE, 64)}`;
  expect(decode(3, NO_STARTS, ...BEGIN, whole)[2]).toEqual([1020, stale]);
});

test('start timestamps are stepped over where the header says that they are', () => {
  const [begin, second] = BEGIN;
  const known = decode(3, '10000000', begin!, varint(-(2n ** 63n)), second!, '0');
  const fromSecond = decode(3, '00000001', ...BEGIN, varbitInt(2n ** 60n), '0', varbitInt(-5n));
  const fromThird = decode(3, '10000010', begin!, varint(7n), second!, '0', varbitInt(300n));
  const plain = [
    [1000, one],
    [1010, one],
    [1020, one],
  ];
  expect([known, fromSecond, fromThird]).toEqual([plain, plain, plain]);
});

test.each([
  ['ends inside its header', 1, NO_STARTS.slice(0, 0), []],
  ['ends inside sample 2 of 9', 9, NO_STARTS, [...BEGIN, '10']],
  ['ends inside a start timestamp', 2, '00000001', [...BEGIN, '11111111']],
  ['holds a value of 31 + 60 bits', 3, NO_STARTS, [...BEGIN, `101${bitString(31n, 5)}111100`]],
  [
    'holds a time that is thousands of years from the one before',
    3,
    NO_STARTS,
    [...BEGIN, `11110${bitString(2n ** 62n, 64)}0`],
  ],
  ['holds a time beyond ±2^53 in sample 0 of 1', 1, NO_STARTS, [first(2n ** 60n, ONE)]],
  ['holds a varint of more than 64 bits', 1, NO_STARTS, ['1'.repeat(160)]],
])('a chunk that %s is damaged', (what, count, starts, parts) => {
  expect(() => decode(count, starts, ...parts)).toThrow(
    expect.objectContaining({ code: 'damaged_chunk', message: expect.stringContaining(what) }),
  );
});

function bitsOf(text: string): BitWindow {
  const bytes = bytesOfBits(text);
  const bits = new BitWindow();
  bits.load(new DataView(bytes.buffer), 0, bytes.length);
  return bits;
}

test("Go's varints are read at any bit", () => {
  const numbers = [0n, 1n, -1n, 127n, 128n, 2n ** 32n - 1n, -(2n ** 40n), 2n ** 53n - 1n];
  const bits = bitsOf(`101${numbers.map((n) => varint(n) + uvarint(n < 0n ? -n : n)).join('')}`);
  bits.position = 3;
  for (const n of numbers) {
    expect(readVarint(bits)).toBe(Number(n));
    expect(readUvarint(bits)).toBe(Math.abs(Number(n)));
  }
});

test('which samples have a start timestamp', () => {
  const starts = new StartTimes();
  const has = (header: number): number[] => {
    starts.reset(header);
    const bits = bitsOf('0'.repeat(8 * 400));
    return Array.from({ length: 300 }, (_, i) => i).filter((i) => {
      const before = bits.position;
      starts.skip(bits, i);
      return bits.position > before;
    });
  };
  expect(has(0)).toEqual([]);
  expect(has(0x80)).toEqual([0]);
  expect(has(0xff).slice(0, 3)).toEqual([0, 127, 128]);
  expect(has(1)).toHaveLength(299);
});
