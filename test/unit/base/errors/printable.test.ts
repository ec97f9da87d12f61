import { describe, expect, it } from 'vitest';
import { printable } from '../../../../src/base/errors/printable.ts';

describe('printable', () => {
  it.each([
    ['plain text', 'cluster="eu"', 20, 'cluster="eu"'],
    ['a text that just fits', 'abcdef', 6, 'abcdef'],
    ['a text one byte over', 'abcdefg', 6, 'abc…'],
    ['line breaks and escapes', 'a\nlevel=error\u001b[2J', 40, 'a\ufffdlevel=error\ufffd[2J'],
    ['text that turns direction', 'a\u202eb\u2028c', 40, 'a\ufffdb\ufffdc'],
    ['a lone surrogate', 'a\ud800b', 40, 'a\ufffdb'],
    ['many bytes per character', '\u{1f680}\u{1f680}\u{1f680}', 8, '\u{1f680}…'],
    ['umlauts over the limit', 'äöüä', 6, 'ä…'],
    ['nothing', '', 10, ''],
  ])('%s', (_name, from, bytesMax, expected) => {
    expect(printable(from, bytesMax)).toBe(expected);
    const bytes = Buffer.from(from);
    if (!/\p{Cs}/u.test(from)) expect(printable(bytes, bytesMax)).toBe(expected);
    expect(Buffer.byteLength(printable(from, bytesMax))).toBeLessThanOrEqual(bytesMax);
  });

  it('replaces invalid UTF-8 and reads no more of a huge value than it shows', () => {
    expect(printable(Uint8Array.of(0x61, 0xff, 0xfe, 0x62), 20)).toBe('a\ufffd\ufffdb');
    expect(printable(new Uint8Array(1e6).fill(0x61), 10)).toBe('aaaaaaa…');
    expect(printable('a'.repeat(1e6), 10)).toBe('aaaaaaa…');
  });
});
