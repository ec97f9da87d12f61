// zstd frames that nobody should send: what each is refused for. None of them may cost more memory
// than the limit, or more time than its own length.

import { expect, test } from 'vitest';
import { OutOfBytes } from '../../src/base/bytes/byte-reader.ts';
import { ZstdDecoder } from '../../src/base/bytes/zstd-decode.ts';

const LIMIT = 1024 * 1024;
const RAW = 0;
const REPEATED = 1;
const COMPRESSED = 2;
const MAGIC = '28b52ffd';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** A frame of one segment that says nothing of its size (a window of 8 MiB). */
const frame = (...blocks: Uint8Array[]): Buffer => Buffer.concat([hex(`${MAGIC}0068`), ...blocks]);

function block(type: number, bytes: Uint8Array, { size = bytes.length, last = true } = {}): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | (last ? 1 : 0), 0, 3);
  return Buffer.concat([header, bytes]);
}

const compressed = (...parts: Uint8Array[]): Buffer => block(COMPRESSED, Buffer.concat(parts));

/** Raw literals in a section with a header of one byte. */
const literals = (text: string): Buffer =>
  Buffer.concat([Buffer.of(text.length << 3), Buffer.from(text)]);

/** Sequences whose three tables know one code each: their number, then the bits, all ones. */
function sequences(
  count: number,
  [length, offset, match]: readonly number[],
  bytes: number,
): Buffer {
  const number = Buffer.alloc(3);
  if (count < 128) number.writeUInt8(count);
  else {
    number.writeUInt8(255);
    number.writeUInt16LE(count - 0x7f00, 1);
  }
  const head = [number.subarray(0, count < 128 ? 1 : 3), Buffer.of(0x54, length!, offset!, match!)];
  return Buffer.concat([...head, Buffer.alloc(bytes, 0xff)]);
}

const ROWS: readonly (readonly [name: string, bytes: Uint8Array, reason: RegExp])[] = [
  ['nothing', hex(''), /does not begin as one/],
  ['the magic number alone', hex(MAGIC), /does not begin as one/],
  ['a skippable frame', hex('502a4d1804000000deadbeef'), /does not begin as one/],
  ['a reserved bit in the header', hex(`${MAGIC}2801010000`), /reserved bit/],
  ['a dictionary', hex(`${MAGIC}2107010100`), /wants a dictionary/],
  ['a header that ends', hex(`${MAGIC}c0ff`), /ends within its header/],
  ['a size of 2^63', hex(`${MAGIC}e00000000000000080010000`), /over the limit/],
  ['a size over the limit', hex(`${MAGIC}a001001000010000`), /1048577 bytes, over the limit/],
  ['less than it says', hex(`${MAGIC}2005010000`), /holds 0 bytes, not 5/],
  [
    'more than it says',
    Buffer.concat([hex(`${MAGIC}2001`), block(RAW, Buffer.from('ab'))]),
    /holds 2 bytes, not 1/,
  ],
  ['no block', hex(`${MAGIC}0068`), /ends early/],
  ['no last block', frame(block(RAW, Buffer.from('a'), { last: false })), /ends early/],
  ['a block that ends', frame(block(RAW, Buffer.from('a'), { size: 2 })), /ends early/],
  ['a repeated byte that is missing', frame(block(REPEATED, hex(''), { size: 2 })), /ends early/],
  ['a reserved block', frame(block(3, Buffer.from('a'))), /reserved block/],
  [
    'a block over 128 KiB',
    frame(block(REPEATED, hex('00'), { size: 131_073 })),
    /more than 128 KiB/,
  ],
  ['bytes behind the last block', frame(block(RAW, Buffer.from('a')), hex('00')), /not as long/],
  [
    'two frames',
    Buffer.concat([frame(block(RAW, hex(''))), frame(block(RAW, hex('')))]),
    /not as long/,
  ],
  ['no checksum where there should be', hex(`${MAGIC}2400010000`), /not as long/],
  [
    'a thousand blocks of one repeated byte',
    frame(
      ...Array.from({ length: 1000 }, () =>
        block(REPEATED, hex('61'), { size: 131_072, last: false }),
      ),
    ),
    /over the limit/,
  ],

  ['a compressed block without bytes', frame(compressed()), /literals .* are missing/],
  ['literals that end', frame(compressed(hex('50616263'))), /literals .* end early/],
  ['literals over 128 KiB', frame(compressed(hex('fdffff61'))), /longer than a block/],
  [
    'the table of a block before, without one',
    frame(compressed(hex('4740000102'))),
    /want the table/,
  ],
  ['a huffman table that is missing', frame(compressed(hex('420000'))), /table is missing/],
  ['a huffman table that ends', frame(compressed(hex('4240001000'))), /table ends early|too/],
  ['huffman weights without weight', frame(compressed(hex('42c000810000'))), /does not add up/],
  ['a huffman weight of 15', frame(compressed(hex('42c00081f100'))), /weight that is too large/],
  ['no sequences, not even none', frame(compressed(literals('abc'))), /sequences .* end early/],
  ['bytes behind no sequences', frame(compressed(literals('abc'), hex('0000'))), /leave bytes/],
  ['sequences without modes', frame(compressed(literals('abc'), hex('01'))), /end early/],
  ['a reserved mode bit', frame(compressed(literals('abc'), hex('0101'))), /reserved bit/],
  [
    'a table of a block before',
    frame(compressed(literals('abc'), hex('01c0'))),
    /a table of a block/,
  ],
  [
    'a code that there is not',
    frame(compressed(literals('abc'), hex('014024'))),
    /code that there/,
  ],
  ['a table that is too fine', frame(compressed(literals('abc'), hex('01800f00'))), /too fine/],
  ['a table that ends', frame(compressed(literals('abc'), hex('018000'))), /table ends early/],
  [
    'a stream without an end mark',
    frame(compressed(literals('abc'), hex('015400000000'))),
    /end mark/,
  ],
  ['a stream that is missing', frame(compressed(literals('abc'), hex('0154000000'))), /end mark/],
  [
    'an offset beyond 2^31',
    frame(compressed(literals('abc'), sequences(1, [0, 31, 0], 4))),
    /too far back/,
  ],
  [
    'a repeat of what is not there',
    frame(compressed(literals('abc'), sequences(1, [3, 3, 0], 1))),
    /stream goes on|not there/,
  ],
  [
    'the distance before, at the start',
    frame(compressed(literals('abc'), hex('015400000001'))),
    /not there/,
  ],
  [
    'more literals than there are',
    frame(compressed(literals('abc'), hex('015404000001'))),
    /more literals/,
  ],
  [
    'a stream that goes on',
    frame(compressed(literals('abc'), sequences(1, [1, 0, 0], 3))),
    /goes on/,
  ],
  [
    'a stream that ends early',
    frame(compressed(literals('abc'), sequences(99, [1, 1, 0], 1))),
    /end early|not there/,
  ],
  [
    'sequences that would repeat ten thousand million bytes',
    frame(compressed(literals('a'.repeat(31)), sequences(0x7f00 + 20_000, [1, 0, 52], 110_000))),
    /more than 128 KiB/,
  ],
];

test.each(ROWS)('%s', (_, bytes, reason) => {
  const decoder = new ZstdDecoder(LIMIT);
  expect(() => decoder.decode(bytes)).toThrow(OutOfBytes);
  expect(() => decoder.decode(bytes)).toThrow(reason);
  expect(Buffer.from(decoder.decode(frame(block(RAW, Buffer.from('ok'))))).toString()).toBe('ok');
});

test('an empty frame, and a frame of an empty block', () => {
  const decoder = new ZstdDecoder(LIMIT);
  expect(decoder.decode(hex(`${MAGIC}2000010000`))).toHaveLength(0);
  expect(decoder.decode(frame(block(RAW, hex(''))))).toHaveLength(0);
});
