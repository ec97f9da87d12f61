import { expect, test } from 'vitest';
import { ByteReader, OutOfBytes } from '../../../../src/base/bytes/byte-reader.ts';
import { ByteWriter } from '../../../../src/base/bytes/byte-writer.ts';
import { U32Column } from '../../../../src/base/bytes/columns.ts';

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(1);
  write(writer);
  return writer.view().slice();
}

function goUvarint(value: bigint): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80n; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80);
  return [...bytes, Number(value)];
}

const POWERS = Array.from({ length: 54 }, (_, i) => 2 ** i);
const UNSIGNED = [0, 1, 127, 128, 300, ...POWERS.flatMap((p) => [p - 1, p, p + 1])].filter(
  (n) => n <= 2 ** 53,
);

test('unsigned varints are Go’s, from 0 to 2^53, and read back', () => {
  for (const value of UNSIGNED) {
    const bytes = written((w) => w.uvarint(value));
    expect([...bytes], String(value)).toEqual(goUvarint(BigInt(value)));
    expect(new ByteReader().reset(bytes).uvarint()).toBe(value);
  }
});

test('signed varints are Go’s zigzag within ±2^53, and read back', () => {
  for (const value of UNSIGNED.flatMap((n) => [n, -n])) {
    const bytes = written((w) => w.varint(value));
    const folded = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
    expect([...bytes], String(value)).toEqual(goUvarint(folded));
    const reader = new ByteReader().reset(bytes);
    expect(reader.varint() + 0).toBe(value + 0);
    expect(BigInt.asIntN(64, (BigInt(reader.high) << 32n) | BigInt(reader.low))).toBe(
      BigInt(value),
    );
  }
});

test('the quick way to read varints reads the same numbers', () => {
  for (const value of UNSIGNED.flatMap((n) => [n, -n])) {
    const bytes = written((w) => {
      w.varint(value);
      w.u64be(1, 2);
    });
    for (const end of [bytes.length, bytes.length - 8]) {
      const reader = new ByteReader().reset(bytes, 0, end);
      expect(reader.quickVarint() + 0).toBe(value + 0);
      expect(reader.position).toBe(bytes.length - 8);
    }
  }
});

test('64 bits go straight into columns', () => {
  const lows = new U32Column();
  const highs = new U32Column();
  const reader = new ByteReader().reset(written((w) => w.u64be(1, 0xffff_ffff)));
  reader.u64Into(lows, highs);
  expect([lows.at(0), highs.at(0), reader.remaining]).toEqual([1, 0xffff_ffff, 0]);
  expect(() => reader.u64Into(lows, highs)).toThrow(OutOfBytes);
  expect(highs.length).toBe(1);
});

test('signed varints beyond ±2^53 leave their bits in the halves', () => {
  for (const value of [2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    const folded = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    const reader = new ByteReader().reset(Uint8Array.from(goUvarint(folded)));
    expect(reader.varint()).toBe(Number(value));
    expect(BigInt.asIntN(64, (BigInt(reader.high) << 32n) | BigInt(reader.low))).toBe(value);
  }
});

test('64-bit varints keep all bits', () => {
  for (const value of [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 35n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    const low = Number(value & 0xffff_ffffn);
    const high = Number(value >> 32n);
    const bytes = written((w) => w.uvarint64(low, high));
    expect([...bytes]).toEqual(goUvarint(value));
    const reader = new ByteReader().reset(bytes);
    reader.uvarint64();
    expect([reader.low, reader.high]).toEqual([low, high]);
  }
});

test('fixed-size numbers are big-endian and read back', () => {
  const bytes = written((w) => {
    w.u8(0xfe);
    w.u16be(0x1234);
    w.u32be(0xdeadbeef);
    w.u64be(0x2, 0x7ff00000);
    w.i64be(-1);
    w.i64be(-(2 ** 53));
    w.i64be(2 ** 53);
    w.f64be(-1.5);
    w.bytes(Uint8Array.of(9, 8, 7, 6), 1, 3);
    w.zeros(2);
  });
  expect(Buffer.from(bytes).toString('hex')).toBe(
    'fe1234deadbeef7ff0000000000002ffffffffffffffffffe00000000000000020000000000000bff80000000000000807' +
      '0000',
  );
  const reader = new ByteReader().reset(bytes);
  expect([reader.u8(), reader.u16be(), reader.u32be()]).toEqual([0xfe, 0x1234, 0xdeadbeef]);
  reader.u64be();
  expect([reader.low, reader.high]).toEqual([2, 0x7ff00000]);
  expect([reader.i64be(), reader.i64be(), reader.i64be()]).toEqual([-1, -(2 ** 53), 2 ** 53]);
  expect(reader.f64be()).toBe(-1.5);
  expect(reader.take(2)).toBe(bytes.length - 4);
  expect(reader.remaining).toBe(2);
});

test('patching and truncating touch only what was written', () => {
  const bytes = written((w) => {
    w.u32be(0);
    w.u8(7);
    w.patchU32be(0, 0x01020304);
    w.truncate(4);
    w.truncate(100);
    expect(() => w.patchU32be(1, 0)).toThrow('must hold');
  });
  expect([...bytes]).toEqual([1, 2, 3, 4]);
});

test.each<[string, number[], (reader: ByteReader) => void]>([
  ['u8 of nothing', [], (r) => r.u8()],
  ['u16 of one byte', [1], (r) => r.u16be()],
  ['u32 of three bytes', [1, 2, 3], (r) => r.u32be()],
  ['u64 of seven bytes', [1, 2, 3, 4, 5, 6, 7], (r) => r.u64be()],
  ['f64 of seven bytes', [1, 2, 3, 4, 5, 6, 7], (r) => r.f64be()],
  ['a varint that does not end', [0x80, 0x80], (r) => r.uvarint()],
  ['a varint of eleven bytes', new Array(11).fill(0x80), (r) => r.uvarint()],
  ['a varint over 64 bits', [...new Array(9).fill(0xff), 2], (r) => r.uvarint()],
  ['more bytes than there are', [1, 2], (r) => r.take(3)],
  ['2^60 bytes', [1, 2], (r) => r.take(2 ** 60)],
  ['NaN bytes', [1, 2], (r) => r.take(Number.NaN)],
])('%s is out of bytes, and moves nothing', (_, bytes, read) => {
  // The range is inside a bigger buffer: what stands behind it must not be read.
  const outer = new Uint8Array([0, ...bytes, 1, 1, 1, 1, 1, 1, 1, 1]);
  const reader = new ByteReader().reset(outer, 1, 1 + bytes.length);
  expect(() => read(reader)).toThrow(OutOfBytes);
  expect(reader.position).toBe(1);
});

test('a range outside of the bytes is refused', () => {
  expect(() => new ByteReader().reset(new Uint8Array(4), 2, 5)).toThrow(OutOfBytes);
  expect(() => new ByteReader().reset(new Uint8Array(4), 3, 2)).toThrow(OutOfBytes);
});

test('strings with their length in front are copied exactly, whatever stands behind them', () => {
  const source = Uint8Array.from({ length: 64 }, (_, i) => 200 + (i % 50));
  for (let length = 0; length <= 40; length++) {
    const bytes = written((w) => {
      w.prefixed(new DataView(source.buffer), 3, length);
      w.u8(1);
    });
    expect([...bytes]).toEqual([length, ...source.subarray(3, 3 + length), 1]);
  }
});
