// Segments with damage in their bytes: which records are read all the same, what is told of the rest.

import { crc32c } from '../../src/base/bytes/crc32c.ts';
import { PAGE_BYTES } from '../../src/wal/format.ts';
import { opaqueRecord } from '../support/wal-records.ts';

export const FULL = 1;
export const FIRST = 2;
export const MIDDLE = 3;
export const LAST = 4;
const SNAPPY = 8;
export const ZSTD = 16;

export function fragment(
  type: number,
  payload: Uint8Array,
  change: { crc?: number; length?: number } = {},
) {
  const bytes = Buffer.alloc(7 + payload.length);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt16BE(change.length ?? payload.length, 1);
  bytes.writeUInt32BE(change.crc ?? crc32c(payload), 3);
  bytes.set(payload, 7);
  return bytes;
}

export const record = (id: number, sizeBytes = 20): Uint8Array => opaqueRecord(id, sizeBytes);
export const full = (id: number, sizeBytes = 20): Buffer => fragment(FULL, record(id, sizeBytes));
const badFull = (id: number): Buffer => fragment(FULL, record(id), { crc: 1 });

/** A page that begins with these bytes. */
export function page(...parts: Uint8Array[]): Buffer {
  const bytes = Buffer.concat(parts);
  if (bytes.length > PAGE_BYTES) throw new Error('more than a page');
  return Buffer.concat([bytes, Buffer.alloc(PAGE_BYTES - bytes.length)]);
}

/** A record that fills what `used` bytes have left of a page, all but `spare` bytes. */
const filler = (id: number, used: number, spare = 0): Buffer =>
  full(id, PAGE_BYTES - used - 7 - spare);

const ZSTD_MAGIC = '28b52ffd';

/** A record as a zstd frame of one raw block. */
function zstd(id: number): Buffer {
  const content = record(id);
  const header = Buffer.from(`${ZSTD_MAGIC}20${content.length.toString(16)}`, 'hex');
  const block = Buffer.from([(content.length << 3) | 1, 0, 0]);
  return Buffer.concat([header, block, content]);
}

/** A zstd frame of so many blocks of 128 KiB of zeros, four bytes each. */
function zeros(blocks: number): Buffer {
  const block = (isLast: boolean): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUIntLE((131_072 << 3) | 2 | (isLast ? 1 : 0), 0, 3);
    return bytes;
  };
  const body = Array.from({ length: blocks }, (_, i) => block(i === blocks - 1));
  return Buffer.concat([Buffer.from(`${ZSTD_MAGIC}0068`, 'hex'), ...body]);
}

export interface Row {
  readonly name: string;
  readonly bytes: readonly Uint8Array[];
  readonly ids: readonly number[];
  /** Told as damage: start, end, reason. */
  readonly damages?: readonly (readonly [number, number, string])[];
  /** Told as a torn end, or as damage when another segment follows. */
  readonly tail?: readonly [number, number, string];
}

const CHECKSUM = 'the checksum does not match';
const PADDING = 'bytes where the page should be empty';
const NO_HEADER = 'not a fragment header';
const TOO_LONG = 'a fragment that is longer than its page';
const CUT = 'the segment ends within a fragment';
const NO_END = 'a record without an end';
const NOT_DECODED = 'the compressed record does not decode';
const OVER = 'over the limit of 67108864 bytes';
const NO_BEGINNING = 'a record without a beginning';

// A record of 20 bytes takes 27.
export const ROWS: readonly Row[] = [
  { name: 'an empty file', bytes: [], ids: [] },
  { name: 'a page of zeros', bytes: [page()], ids: [] },
  { name: 'zeros that end within a page', bytes: [Buffer.alloc(100)], ids: [] },
  { name: 'two records', bytes: [full(1), full(2)], ids: [1, 2] },
  { name: 'a page that was ended early', bytes: [page(full(1)), full(2)], ids: [1, 2] },
  {
    name: 'less than a header left of the page',
    bytes: [filler(1, 0, 6), Buffer.alloc(6), full(2)],
    ids: [1, 2],
  },
  {
    name: 'a first fragment without payload at the very end of a page',
    bytes: [filler(1, 0, 7), fragment(FIRST, new Uint8Array(0)), fragment(LAST, record(2))],
    ids: [1, 2],
  },
  {
    name: 'fragments over three pages',
    bytes: [
      fragment(FIRST, record(1, 3 * PAGE_BYTES).subarray(0, PAGE_BYTES - 7)),
      fragment(MIDDLE, record(1, 3 * PAGE_BYTES).subarray(PAGE_BYTES - 7, 2 * PAGE_BYTES - 14)),
      fragment(LAST, record(1, 2 * PAGE_BYTES).subarray(2 * PAGE_BYTES - 14)),
    ],
    ids: [1],
  },

  {
    name: 'a wrong checksum between good records costs that record',
    bytes: [full(1), badFull(2), full(3)],
    ids: [1, 3],
    damages: [[27, 54, CHECKSUM]],
  },
  {
    name: 'two wrong checksums side by side are one damage',
    bytes: [full(1), badFull(2), badFull(3), full(4)],
    ids: [1, 4],
    damages: [[27, 81, CHECKSUM]],
  },
  {
    name: 'a wrong checksum at the end of a page',
    bytes: [page(full(1), badFull(2)), full(3)],
    ids: [1, 3],
    damages: [[27, 54, CHECKSUM]],
  },
  {
    name: 'a flipped bit in the payload',
    bytes: [full(1), flip(full(2), 15), full(3)],
    ids: [1, 3],
    damages: [[27, 54, CHECKSUM]],
  },
  {
    name: 'a length that is too small: the next header is found',
    bytes: [full(1), fragment(FULL, record(2), { length: 3 }), full(3)],
    ids: [1, 3],
    damages: [[27, 54, CHECKSUM]],
  },
  {
    name: 'a length that is too large but within the page',
    bytes: [full(1), fragment(FULL, record(2), { length: 60 }), full(3), full(4)],
    ids: [1, 3, 4],
    damages: [[27, 54, CHECKSUM]],
  },
  {
    name: 'a length beyond the page',
    bytes: [page(full(1), fragment(FULL, record(2), { length: 0xffff }), full(3)), full(4)],
    ids: [1, 3, 4],
    damages: [[27, 54, TOO_LONG]],
  },
  {
    name: 'a type that there is not',
    bytes: [full(1), fragment(7, record(2)), full(3)],
    ids: [1, 3],
    damages: [[27, 54, NO_HEADER]],
  },
  {
    name: 'a reserved bit',
    bytes: [full(1), fragment(FULL | 0x80, record(2)), full(3)],
    ids: [1, 3],
    damages: [[27, 54, NO_HEADER]],
  },
  {
    name: 'snappy and zstd at once',
    bytes: [full(1), fragment(FULL | SNAPPY | ZSTD, record(2)), full(3)],
    ids: [1, 3],
    damages: [[27, 54, NO_HEADER]],
  },
  {
    name: 'a type that became 0',
    bytes: [page(full(1), fragment(0, record(2)), full(3)), full(4)],
    ids: [1, 3, 4],
    damages: [[27, 54, PADDING]],
  },
  {
    name: 'garbage in the empty rest of a page',
    bytes: [flip(page(full(1)), 1000), full(2)],
    ids: [1, 2],
    damages: [[27, PAGE_BYTES, PADDING]],
  },
  {
    name: 'a whole page of garbage',
    bytes: [page(full(1)), Buffer.alloc(PAGE_BYTES, 0xa5), full(2)],
    ids: [1, 2],
    damages: [[PAGE_BYTES, 2 * PAGE_BYTES, NO_HEADER]],
  },
  {
    name: 'a page that lost all its bytes to zeros',
    bytes: [page(full(1)), page(), full(2)],
    ids: [1, 2],
  },
  {
    name: 'a 1 and zeros within damage are not taken for a record without bytes',
    bytes: [
      full(1),
      fragment(FULL, Buffer.alloc(20, '\x00\x01', 'latin1').fill(0, 4), { length: 3 }),
      full(2),
    ],
    ids: [1, 2],
    damages: [[27, 54, CHECKSUM]],
  },

  {
    name: 'a last fragment without a first',
    bytes: [full(1), fragment(LAST, record(2)), full(3)],
    ids: [1, 3],
    damages: [[27, 54, NO_BEGINNING]],
  },
  {
    name: 'a middle and a last fragment without a first are one damage',
    bytes: [full(1), fragment(MIDDLE, record(2)), fragment(LAST, record(2)), full(3)],
    ids: [1, 3],
    damages: [[27, 81, NO_BEGINNING]],
  },
  {
    name: 'a first fragment without a last',
    bytes: [full(1), fragment(FIRST, record(2)), full(3)],
    ids: [1, 3],
    damages: [[27, 54, NO_END]],
  },
  {
    name: 'two first fragments',
    bytes: [
      fragment(FIRST, record(1)),
      fragment(FIRST, record(2).subarray(0, 9)),
      fragment(LAST, record(2).subarray(9)),
    ],
    ids: [2],
    damages: [[0, 27, NO_END]],
  },
  {
    name: 'a damaged fragment in the middle costs the record, not the next',
    bytes: [
      fragment(FIRST, record(1)),
      fragment(MIDDLE, record(1), { crc: 1 }),
      fragment(LAST, record(1)),
      full(2),
    ],
    ids: [2],
    damages: [[0, 81, CHECKSUM]],
  },
  {
    name: 'fragments that disagree about compression',
    bytes: [fragment(FIRST, record(1)), fragment(LAST | SNAPPY, record(1)), full(2)],
    ids: [2],
    damages: [[0, 54, 'fragments of one record disagree about its compression']],
  },

  {
    name: 'snappy that does not decode',
    bytes: [full(1), fragment(FULL | SNAPPY, record(2)), full(3)],
    ids: [1, 3],
    damages: [[27, 54, NOT_DECODED]],
  },
  {
    name: 'snappy that says it holds 4 GiB',
    bytes: [full(1), fragment(FULL | SNAPPY, Buffer.from('ffffffff0f00', 'hex')), full(3)],
    ids: [1, 3],
    damages: [[27, 40, NOT_DECODED]],
  },
  {
    name: 'a zstd bit on what is no zstd',
    bytes: [full(1), fragment(FULL | ZSTD, record(2)), full(3)],
    ids: [1, 3],
    damages: [[27, 54, `${NOT_DECODED}: a zstd frame does not begin as one`]],
  },
  {
    name: 'a zstd record',
    bytes: [full(1), fragment(FULL | ZSTD, zstd(2)), full(3)],
    ids: [1, 2, 3],
  },
  {
    name: 'a zstd record in fragments',
    bytes: [
      fragment(FIRST | ZSTD, zstd(1).subarray(0, 3)),
      fragment(MIDDLE | ZSTD, zstd(1).subarray(3, 15)),
      fragment(LAST | ZSTD, zstd(1).subarray(15)),
    ],
    ids: [1],
  },
  {
    name: 'zstd that is cut off',
    bytes: [full(1), fragment(FULL | ZSTD, zstd(2).subarray(0, 20)), full(3)],
    ids: [1, 3],
    damages: [[27, 54, `${NOT_DECODED}: a zstd frame ends early`]],
  },
  {
    name: 'zstd that says it holds 16 EiB',
    bytes: [
      full(1),
      fragment(FULL | ZSTD, Buffer.from(`${ZSTD_MAGIC}e0ffffffffffffffff010000`, 'hex')),
      full(3),
    ],
    ids: [1, 3],
    damages: [[27, 50, `${NOT_DECODED}: a zstd frame holds 18446744073709552000 bytes, ${OVER}`]],
  },
  {
    name: 'zstd that decodes to more than a record may have',
    bytes: [full(1), fragment(FULL | ZSTD, zeros(600)), full(3)],
    ids: [1, 3],
    damages: [[27, 2440, `${NOT_DECODED}: a zstd frame holds more, ${OVER}`]],
  },
  {
    name: 'a record without bytes',
    bytes: [full(1), fragment(FULL, new Uint8Array(0)), full(3)],
    ids: [1, 3],
    damages: [[27, 34, 'a record without bytes']],
  },
  {
    name: 'a samples record that does not decode',
    bytes: [full(1), fragment(FULL, Buffer.from('0200000000000000010000', 'hex')), full(3)],
    ids: [1, 3],
    damages: [[27, 45, 'a record of samples: 8 bytes wanted, 2 left']],
  },

  {
    name: 'the file ends within a payload',
    bytes: [full(1), full(2).subarray(0, 20)],
    ids: [1],
    tail: [27, 47, CUT],
  },
  {
    name: 'the file ends within a header',
    bytes: [full(1), full(2).subarray(0, 3)],
    ids: [1],
    tail: [27, 30, 'the segment ends within a fragment header'],
  },
  {
    name: 'the file ends after a first fragment',
    bytes: [full(1), fragment(FIRST, record(2))],
    ids: [1],
    tail: [27, 54, 'the segment ends within a record'],
  },
  {
    name: 'the file ends with a wrong checksum',
    bytes: [full(1), badFull(2)],
    ids: [1],
    tail: [27, 54, CHECKSUM],
  },
  {
    name: 'the file ends with a record half of zeros, and pages of zeros',
    bytes: [page(full(1), full(2).subarray(0, 12)), page()],
    ids: [1],
    tail: [27, 54, CHECKSUM],
  },
  {
    name: 'nothing in the file is a record',
    bytes: [Buffer.alloc(5000, 0xff)],
    ids: [],
    tail: [0, 5000, NO_HEADER],
  },
  {
    name: 'damage, a good record, a torn end',
    bytes: [badFull(1), full(2), full(3).subarray(0, 9)],
    ids: [2],
    damages: [[0, 27, CHECKSUM]],
    tail: [54, 63, CUT],
  },
];

function flip(bytes: Buffer, at: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at);
  return flipped;
}
