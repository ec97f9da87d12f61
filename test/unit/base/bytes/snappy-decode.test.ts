import { describe, expect, test } from 'vitest';
import { SLACK_BYTES, SnappyDecoder } from '../../../../src/base/bytes/snappy-decode.ts';

const decoder = new SnappyDecoder(1024 * 1024);

function decodeWith(own: SnappyDecoder, bytes: readonly number[]): string {
  const length = own.decode(Uint8Array.from(bytes));
  return Buffer.from(own.bytes.subarray(0, length)).toString('latin1');
}

const text = (value: string): number[] => [...Buffer.from(value)];

describe.each([
  ['WebAssembly', false],
  ['TypeScript', true],
])('a raw snappy block, decoded in %s,', (_, scriptOnly) => {
  const own = new SnappyDecoder(1024 * 1024, { scriptOnly });
  const decode = (bytes: readonly number[]): string => decodeWith(own, bytes);

  test('that is empty decodes to nothing', () => {
    expect(decode([0])).toBe('');
  });

  test('of one literal is that literal', () => {
    expect(decode([3, 2 << 2, ...text('abc')])).toBe('abc');
  });

  test('literal lengths of one to four extra bytes are little-endian', () => {
    const long = 'x'.repeat(300);
    const bytes = [...text(long)];
    expect(decode([0xac, 2, 61 << 2, 43, 1, ...bytes])).toBe(long);
    expect(decode([0xac, 2, 62 << 2, 43, 1, 0, ...bytes])).toBe(long);
    expect(decode([0xac, 2, 63 << 2, 43, 1, 0, 0, ...bytes])).toBe(long);
    expect(decode([3, 60 << 2, 2, ...text('abc')])).toBe('abc');
  });

  test('copies with one, two and four bytes of offset are the same copy', () => {
    const literal = [9 << 2, ...text('0123456789')];
    expect(decode([14, ...literal, 0b000_000_01, 10])).toBe('01234567890123');
    expect(decode([14, ...literal, (3 << 2) | 2, 10, 0])).toBe('01234567890123');
    expect(decode([14, ...literal, (3 << 2) | 3, 10, 0, 0, 0])).toBe('01234567890123');
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 15])(
    'a copy overlapping by offset %i repeats',
    (offset) => {
      const seed = 'abcdefghijklmnopqrst'.slice(0, offset);
      for (const count of [1, 4, 7, 8, 9, 15, 16, 17, 33, 64]) {
        const bytes = [
          offset + count,
          (offset - 1) << 2,
          ...text(seed),
          ((count - 1) << 2) | 2,
          offset,
          0,
        ];
        expect(decode(bytes)).toBe(seed + seed.repeat(64).slice(0, count));
      }
    },
  );
});

describe('the buffer', () => {
  test('has slack behind the body', () => {
    const length = decoder.decode(Uint8Array.from([3, 2 << 2, ...text('abc')]));
    expect(decoder.view.byteLength).toBeGreaterThanOrEqual(length + SLACK_BYTES);
  });

  test.each([true, false])('is reused while it is large enough (script only: %s)', (scriptOnly) => {
    const own = new SnappyDecoder(100, { scriptOnly });
    own.decode(Uint8Array.from([3, 2 << 2, ...text('abc')]));
    const { buffer } = own.view;
    own.decode(Uint8Array.from([100, 61 << 2, 99, 0, ...text('y'.repeat(100))]));
    expect(own.view.buffer).toBe(buffer);
    expect(buffer.byteLength).toBe(64 * 1024);
  });

  test('is given back after an unusually large body', () => {
    const own = new SnappyDecoder(1024 * 1024, { retainedBytesMax: 1024 });
    const big = Buffer.alloc(1024 * 1024, 'z');
    own.decode(Uint8Array.from([0x80, 0x80, 0x40, 62 << 2, 0xff, 0xff, 0x0f, ...big]));
    for (let i = 0; i < 16; i++) expect(decodeWith(own, [3, 2 << 2, ...text('abc')])).toBe('abc');
    expect(own.view.byteLength).toBeLessThan(128 * 1024);
  });
});
