// Varbit integers at the edges of every width, against the model in strings of bits.

import { expect, test } from 'vitest';
import { BitSink } from '../../../../src/base/chunk/bit-sink.ts';
import { BitWindow } from '../../../../src/base/chunk/bit-window.ts';
import {
  putVarbitInt,
  putVarbitUint,
  readVarbitInt,
  readVarbitUint,
  skipVarbit,
} from '../../../../src/base/chunk/varbit.ts';
import { bytesOfBits, varbitInt, varbitUint } from '../../../property/chunk/naive-bits.ts';

const WIDTHS = [3, 6, 9, 12, 18, 25, 32, 52];
const around = (n: number) => [n - 1, n, n + 1];
const edges = [0, ...WIDTHS.flatMap((w) => [...around(2 ** (w - 1)), ...around(2 ** w)])];
const unsigned = [...edges, Number.MAX_SAFE_INTEGER];
const signed = [...unsigned, ...unsigned.map((n) => -n)].filter((n) => !Object.is(n, -0));

function windowOf(bytes: Uint8Array): BitWindow {
  const bits = new BitWindow();
  bits.load(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
  return bits;
}

test('signed numbers are written as the format says and come back', () => {
  const sink = new BitSink(1);
  for (const n of signed) putVarbitInt(sink, n);
  expect(sink.bytes()).toEqual(bytesOfBits(signed.map((n) => varbitInt(BigInt(n))).join('')));
  const bits = windowOf(sink.bytes());
  for (const n of signed) expect(readVarbitInt(bits)).toBe(n);
  expect(bits.position).toBe(sink.position);
});

test('unsigned numbers are written as the format says and come back', () => {
  const sink = new BitSink(1);
  for (const n of unsigned) putVarbitUint(sink, n);
  expect(sink.bytes()).toEqual(bytesOfBits(unsigned.map((n) => varbitUint(BigInt(n))).join('')));
  const bits = windowOf(sink.bytes());
  for (const n of unsigned) expect(readVarbitUint(bits)).toBe(n);
});

test('64-bit numbers of others are read, rounded', () => {
  const values = [-(2n ** 63n), 2n ** 62n, -(2n ** 60n), 2n ** 55n, 2n ** 55n + 1n];
  const bits = windowOf(bytesOfBits(values.map(varbitInt).join('')));
  for (const value of values) expect(readVarbitInt(bits)).toBe(Number(value));
  const large = [2n ** 64n - 1n, 2n ** 63n, 2n ** 56n - 1n];
  const others = windowOf(bytesOfBits(large.map(varbitUint).join('')));
  for (const value of large) expect(readVarbitUint(others)).toBe(Number(value));
});

test.each([2 ** 53, -(2 ** 60), Number.NaN])('%d is refused', (value) => {
  expect(() => putVarbitInt(new BitSink(), value)).toThrow(
    expect.objectContaining({ code: 'unsupported' }),
  );
});

test('a number is stepped over whatever its width', () => {
  const sink = new BitSink(1);
  const ends = [...signed, ...unsigned].map((n, i) => {
    if (i < signed.length) putVarbitInt(sink, n);
    else putVarbitUint(sink, n);
    return sink.position;
  });
  const bits = windowOf(sink.bytes());
  for (const end of ends) {
    skipVarbit(bits);
    expect(bits.position).toBe(end);
  }
});
