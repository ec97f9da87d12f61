import snappyjs from 'snappyjs';
import { expect, test } from 'vitest';
import { compressSnappy } from '../../../../src/base/bytes/snappy-encode.ts';

test('what is compressed is a raw block, smaller, and the same when decompressed', () => {
  const input = Buffer.from('namespace="shop",pod="checkout";'.repeat(100));
  const compressed = compressSnappy(input);
  expect(compressed.length).toBeLessThan(input.length / 5);
  expect(Buffer.from(snappyjs.uncompress(new Uint8Array(compressed))).equals(input)).toBe(true);
});

test('nothing is one byte', () => {
  expect([...compressSnappy(new Uint8Array(0))]).toEqual([0]);
});
