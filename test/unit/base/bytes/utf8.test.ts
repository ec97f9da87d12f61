import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareBytes, isUtf8 } from '../../../../src/base/bytes/utf8.ts';

function valid(bytes: Uint8Array): boolean {
  return isUtf8(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
}

function platform(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

describe('isUtf8', () => {
  test.each([
    ['overlong two bytes', [0xc0, 0x80], false],
    ['overlong three bytes', [0xe0, 0x9f, 0xbf], false],
    ['overlong four bytes', [0xf0, 0x8f, 0xbf, 0xbf], false],
    ['a surrogate', [0xed, 0xa0, 0x80], false],
    ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80], false],
    ['a lone continuation', [0x61, 0x80], false],
    ['a cut sequence', [0x61, 0x62, 0x63, 0x64, 0xe2, 0x82], false],
    ['NUL', [0], true],
    ['the last code point', [0xf4, 0x8f, 0xbf, 0xbf], true],
    ['a byte order mark', [0xef, 0xbb, 0xbf], true],
    ['nothing', [], true],
  ])('%s', (_, bytes, expected) => {
    expect(valid(Uint8Array.from(bytes))).toBe(expected);
  });

  test('agrees with the platform about every two bytes', () => {
    for (let i = 0; i < 65536; i++) {
      const bytes = Uint8Array.of(0x61, i >>> 8, i & 255);
      expect(valid(bytes)).toBe(platform(bytes));
    }
  });

  test('agrees with the platform about anything', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => [...Buffer.from(text)]),
      fc.array(
        fc.constantFrom(0x00, 0x7f, 0x80, 0xbf, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4),
      ),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const bytes = Uint8Array.from(pieces.flat());
        expect(valid(bytes)).toBe(platform(bytes));
      }),
    );
  });
});

test('compareBytes orders as Buffer.compare does, not as strings do', () => {
  const rocket = Buffer.from('\u{1F680}');
  const tilde = Buffer.from('\uFF5E');
  expect(compareBytes(rocket, 0, 4, tilde, 0, 3)).toBeGreaterThan(0);
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      const order = Math.sign(compareBytes(a, 0, a.length, b, 0, b.length));
      expect(order).toBe(Buffer.compare(a, b));
    }),
  );
});
