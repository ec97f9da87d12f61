// Bits in a region of a bigger buffer, and the two kinds of number that XOR chunks are made of.

import { expect, test } from 'vitest';
import {
  BIT_SLACK_BYTES,
  highOf,
  lowOf,
  putBits,
  putUvarint64,
  putVarint,
  signedOf,
  unsignedOf,
} from '../../../../src/base/chunk/bit-io.ts';
import {
  leadingZeros,
  putTimeDod,
  putXor,
  trailingZeros,
} from '../../../../src/base/chunk/xor-bits.ts';
import { NO_WINDOW } from '../../../../src/base/chunk/xor-state.ts';

const BASE = 3;

/** The bits from `from` to `to` of the region. */
function bitsOf(bytes: Uint8Array, from: number, to: number): string {
  const all = [...bytes.subarray(BASE)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return all.slice(from, to);
}

test('every width at every position is written, what is before it is kept', () => {
  for (const garbage of [0x00, 0xff])
    for (let position = 0; position < 16; position++)
      for (let bits = 1; bits <= 32; bits++) {
        const bytes = new Uint8Array(24).fill(garbage);
        const view = new DataView(bytes.buffer);
        const value = 0xa5c3_96e1 >>> (32 - bits);
        const before = bitsOf(bytes, 0, position);
        expect(putBits(view, BASE, position, value, bits)).toBe(position + bits);
        expect(bitsOf(bytes, 0, position)).toBe(before);
        const written = value.toString(2).padStart(bits, '0');
        expect(bitsOf(bytes, position, position + bits)).toBe(written);
        expect([...bytes.subarray(0, BASE)]).toEqual([garbage, garbage, garbage]);
        const end = BASE + (position >>> 3) + BIT_SLACK_BYTES;
        expect(bytes.subarray(end).every((byte) => byte === garbage)).toBe(true);
      }
});

test.each([0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32) - 5, 2 ** 53 - 1, -(2 ** 53) + 1])(
  '%d survives as halves',
  (value) => {
    expect(signedOf(lowOf(value), highOf(value))).toBe(value);
    if (value >= 0) expect(unsignedOf(lowOf(value), highOf(value))).toBe(value);
  },
);

test.each([
  [0, [0]],
  [-1, [1]],
  [1, [2]],
  [63, [0x7e]],
  [64, [0x80, 0x01]],
  [-(2 ** 53) + 1, [0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f]],
])('the varint of %d', (value, expected) => {
  const bytes = new Uint8Array(24);
  const end = putVarint(new DataView(bytes.buffer), BASE, 0, value);
  expect([...bytes.subarray(BASE, BASE + end / 8)]).toEqual(expected);
});

test('the largest uvarint takes ten bytes', () => {
  const bytes = new Uint8Array(24);
  const end = putUvarint64(new DataView(bytes.buffer), BASE, 0, 0xffffffff, 0xffffffff);
  expect(end).toBe(80);
  expect(bytes[BASE + 9]).toBe(1);
});

test('zeros before and after are counted, before the first one up to 31', () => {
  expect(leadingZeros(0, 0x80000000)).toBe(0);
  expect(leadingZeros(0, 1)).toBe(31);
  expect(leadingZeros(1, 0)).toBe(31);
  expect(trailingZeros(1, 0)).toBe(0);
  expect(trailingZeros(0x80000000, 0)).toBe(31);
  expect(trailingZeros(0, 1)).toBe(32);
  expect(trailingZeros(0, 0x80000000)).toBe(63);
});

test('a value in the window takes two bits more than the window, another takes thirteen', () => {
  const view = new DataView(new ArrayBuffer(64));
  const window = { leading: NO_WINDOW, trailing: 0 };
  expect(putXor(view, 0, 0, window, 0, 0)).toBe(1);
  expect(putXor(view, 0, 0, window, 0, 0x00ff0000)).toBe(13 + 8);
  expect(window).toEqual({ leading: 8, trailing: 48 });
  expect(putXor(view, 0, 0, window, 0, 0x00010000)).toBe(2 + 8);
  expect(putXor(view, 0, 0, window, 1, 0)).toBe(13 + 33);
  expect(putTimeDod(view, 0, 0, 2 ** 50)).toBe(68);
});
