// Damaged snappy bodies: each row what is wrong, the bytes, the code, and what the message must say.

import { describe, expect, test } from 'vitest';
import { SnappyDecoder } from '../../../src/base/bytes/snappy-decode.ts';
import { VarveError } from '../../../src/base/errors/varve-error.ts';

const bytes = (...parts: (number | string)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((p) => (typeof p === 'string' ? [...Buffer.from(p)] : [p])));

const ROWS: [name: string, body: Uint8Array, code: string, says: string][] = [
  ['nothing at all', bytes(), 'malformed_body', 'ends before its length is complete (at byte 0)'],
  [
    'a length cut off',
    bytes(0x80, 0x80),
    'malformed_body',
    'before its length is complete (at byte 2)',
  ],
  [
    'a length of six bytes',
    bytes(0x80, 0x80, 0x80, 0x80, 0x80, 0),
    'malformed_body',
    'more than 5 bytes',
  ],
  [
    'a length of 35 bits',
    bytes(0xff, 0xff, 0xff, 0xff, 0x7f, 0),
    'malformed_body',
    'more than 32 bits',
  ],
  [
    '10 GB of nothing',
    bytes(0x80, 0xc8, 0xaf, 0xa0, 0x0f, 0, 0),
    'malformed_body',
    'more than 2 compressed bytes can yield',
  ],
  [
    'a bomb in 15 bytes',
    bytes(0xff, 0xff, 0xff, 0xff, 0x0f, ...new Array(10).fill(0xfe)),
    'malformed_body',
    'more than 10 compressed bytes can yield',
  ],
  [
    'over the limit',
    bytes(0xe9, 0x07, ...new Array(200).fill(0)),
    'body_too_large',
    '1001 bytes decompressed, over the limit of 1000',
  ],
  [
    'a literal cut off',
    bytes(5, 4 << 2, 'abc'),
    'malformed_body',
    'ends inside a literal (at byte 1)',
  ],
  [
    'the length of a literal cut off',
    bytes(5, 61 << 2, 1),
    'malformed_body',
    'inside the length of a literal (at byte 1)',
  ],
  [
    'a literal of 2^32 bytes',
    bytes(9, 63 << 2, 0xff, 0xff, 0xff, 0xff, 'abcde'),
    'malformed_body',
    'ends inside a literal',
  ],
  [
    'a literal of 2^31 bytes',
    bytes(9, 63 << 2, 0xff, 0xff, 0xff, 0x7f, 'abcde'),
    'malformed_body',
    'ends inside a literal',
  ],
  ['a copy cut off', bytes(9, 0, 'a', 0xfe, 1), 'malformed_body', 'ends inside a copy (at byte 3)'],
  [
    'a copy with offset 0',
    bytes(9, 0, 'a', 0xfe, 0, 0),
    'malformed_body',
    'copy with offset 0 (at byte 3)',
  ],
  [
    'a short copy with offset 0',
    bytes(9, 0, 'a', 0x01, 0),
    'malformed_body',
    'copy with offset 0 (at byte 3)',
  ],
  [
    'a copy from before the start',
    bytes(9, 0, 'a', 0xfe, 2, 0),
    'malformed_body',
    'offset 2, from before the start of the body (at byte 3)',
  ],
  [
    'a copy as the first element',
    bytes(9, 0xfe, 1, 0),
    'malformed_body',
    'offset 1, from before the start',
  ],
  [
    'a copy with offset 2^32 - 1',
    bytes(9, 0, 'a', 0xff, 0xff, 0xff, 0xff, 0xff),
    'malformed_body',
    'offset 4294967295',
  ],
  [
    'a copy beyond its length',
    bytes(9, 0, 'a', 0xfe, 1, 0),
    'malformed_body',
    'more than the 9 bytes it says it holds (at byte 3)',
  ],
  [
    'a literal beyond its length',
    bytes(2, 2 << 2, 'abc'),
    'malformed_body',
    'more than the 2 bytes it says it holds',
  ],
  [
    'less than its length',
    bytes(4, 2 << 2, 'abc'),
    'malformed_body',
    'holds 3 bytes, but says it holds 4 (at byte 5)',
  ],
  ['more behind the end', bytes(0, 0, 'a'), 'malformed_body', 'more than the 0 bytes'],
  [
    'the framed format',
    bytes(0xff, 6, 0, 0, 'sNaPpY', 1, 8, 0, 0),
    'malformed_body',
    'framed format',
  ],
  ['plain protobuf', bytes(0x0a, 0x10, 0x0a, 0x0e), 'malformed_body', 'the snappy body'],
];

describe.each([true, false])('script only: %s', (scriptOnly) => {
  test.each(ROWS)('%s is refused', (_, body, code, says) => {
    const decoder = new SnappyDecoder(1000, { scriptOnly });
    let thrown: unknown;
    try {
      decoder.decode(body);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(VarveError);
    expect((thrown as VarveError).code).toBe(code);
    expect((thrown as VarveError).message).toContain(says);
    // And the decoder is as good as new.
    expect(decoder.decode(bytes(3, 2 << 2, 'abc'))).toBe(3);
  });
});

test('nothing is allocated for a length that is refused', () => {
  const decoder = new SnappyDecoder(64 * 1024 * 1024);
  const before = decoder.view.buffer;
  expect(() => decoder.decode(bytes(0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0))).toThrow(VarveError);
  expect(decoder.view.buffer).toBe(before);
});
