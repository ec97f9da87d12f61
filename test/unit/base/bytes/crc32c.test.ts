import { expect, test } from 'vitest';
import { crc32c, crc32cOfRange } from '../../../../src/base/bytes/crc32c.ts';

const encoder = new TextEncoder();

function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test.each([
  ['', 0],
  ['123456789', 0xe3069283], // the check value of CRC-32C
  ['a', 0xc1d04330],
])('%j has the published checksum', (text, expected) => {
  expect(crc32c(encoder.encode(text))).toBe(expected);
});

// RFC 3720, B.4
test('32 bytes of zeros, of ones and counting up have the checksums of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

test('every length, table or native, agrees with the bitwise definition', () => {
  const bytes = Uint8Array.from({ length: 9000 }, (_, i) => (i * 2654435761) >>> 13);
  for (const length of [0, 1, 7, 8, 9, 15, 16, 17, 100, 255, 256, 257, 4096, 4097, 9000]) {
    expect(crc32c(bytes.subarray(0, length))).toBe(bitByBit(bytes.subarray(0, length)));
    expect(crc32cOfRange(bytes, 9000 - length, 9000)).toBe(bitByBit(bytes.subarray(9000 - length)));
  }
});

test('a checksum can go on from that of what stands before', () => {
  const bytes = Uint8Array.from({ length: 9000 }, (_, i) => i * 7);
  for (const cut of [0, 1, 13, 4096, 8999]) {
    expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
  }
});
