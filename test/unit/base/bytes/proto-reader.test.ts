import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ProtoReader,
  signedOf,
  unsignedOf,
  zigzag32Of,
  zigzagOf,
} from '../../../../src/base/bytes/proto-reader.ts';
import { varint, zigzag } from '../../../support/raw-proto.ts';

const low = (value: bigint): number => Number(BigInt.asUintN(32, value));
const high = (value: bigint): number => Number(BigInt.asUintN(64, value) >> 32n);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** The number, or the infinity that stands for what a double cannot hold exactly. */
function exact(value: bigint): number {
  if (value >= 2n ** 53n) return Number.POSITIVE_INFINITY;
  return value <= -(2n ** 53n) ? Number.NEGATIVE_INFINITY : Number(value);
}

function reader(...bytes: number[]): ProtoReader {
  const proto = new ProtoReader();
  proto.load(new DataView(Uint8Array.from([...bytes, 0xff, 0xff]).buffer), 0);
  return proto;
}

describe('64-bit numbers', () => {
  const edges = [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n].flatMap((v) => [v, -v]);

  test('are exact below 2^53 and infinite from there on', () => {
    for (const value of [...edges, 0n, 1n, -1n, -(2n ** 63n)]) {
      expect(signedOf(low(value), high(value))).toBe(exact(value));
      const coded = zigzag(value);
      expect(zigzagOf(low(coded), high(coded))).toBe(exact(value));
      if (value >= 0n) expect(unsignedOf(low(value), high(value))).toBe(exact(value));
    }
    expect(unsignedOf(0xffffffff, 0xffffffff)).toBe(Number.POSITIVE_INFINITY);
  });

  test('agree with BigInt', () => {
    fc.assert(
      fc.property(int64, (value) => {
        expect(signedOf(low(value), high(value))).toBe(exact(value));
        const coded = zigzag(value);
        expect(zigzagOf(low(coded), high(coded))).toBe(exact(value));
      }),
    );
  });

  test('zigzag of 32 bits', () => {
    expect([0, 1, 2, 0xfffffffe, 0xffffffff].map(zigzag32Of)).toEqual([
      0,
      -1,
      1,
      2 ** 31 - 1,
      -(2 ** 31),
    ]);
  });
});

describe('ProtoReader', () => {
  test('reads varints of every length into halves', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const bytes = varint(value);
        const proto = reader(...bytes);
        proto.varint(bytes.length);
        expect([proto.low, proto.high, proto.position]).toEqual([
          low(value),
          high(value),
          bytes.length,
        ]);
        expect(() => reader(...bytes).varint(bytes.length - 1)).toThrow('ends inside a varint');
      }),
    );
  });

  test('passes over fields of every wire type', () => {
    const proto = reader(
      0x08,
      0x81,
      0x01,
      0x09,
      ...[1, 2, 3, 4, 5, 6, 7, 8],
      0x12,
      2,
      0,
      0,
      0x0d,
      1,
      2,
      3,
      4,
    );
    while (proto.position < 21) proto.skip(proto.tag(21), 21);
    expect(proto.position).toBe(21);
  });

  test('a length may fill its parent, and no more', () => {
    expect(reader(2, 0, 0).length(3)).toBe(3);
    expect(() => reader(3, 0, 0).length(3)).toThrow('reaches beyond what holds it');
  });

  test('says where the message is wrong', () => {
    const proto = reader(0x08, 0x01, 0x00);
    proto.skip(proto.tag(3), 3);
    expect(() => proto.tag(3)).toThrow('the protobuf body has a field with number 0 (at byte 2)');
  });
});
