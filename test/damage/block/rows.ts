// Kinds of damage to the files of a block: which file, which bytes, and what verify must say.
// Checksums are made right again where the content is what a row is about.

import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import { ULID } from '../../unit/block/make-block.ts';

/** Changes a file's bytes in place, or gives other ones. */
export type Change = (bytes: Buffer, sections: Sections) => unknown;

/** Where the parts of the index begin. */
export interface Sections {
  readonly symbols: number;
  readonly series: number;
  readonly postings: number;
  readonly table: number;
  readonly toc: number;
}

export function sectionsOf(index: Buffer): Sections {
  const toc = index.length - 52;
  const at = (i: number): number => Number(index.readBigUInt64BE(toc + 8 * i));
  return { symbols: at(0), series: at(1), postings: at(4), table: at(5), toc };
}

/** Flips a bit of the byte at `at`. */
export function flip(bytes: Buffer, at: number): void {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
}

/** Sets the checksum of [start, end) behind it, so that what is wrong is the content alone. */
export function resum(bytes: Buffer, start: number, end: number): void {
  bytes.writeUInt32BE(crc32c(bytes.subarray(start, end)), end);
}

/** Changes the symbol table's content, its checksum made right. */
function inSymbols(change: (bytes: Buffer, start: number) => unknown): Change {
  return (bytes, { symbols }) => {
    change(bytes, symbols + 8);
    resum(bytes, symbols + 4, symbols + 4 + bytes.readUInt32BE(symbols));
    return undefined;
  };
}

/** Changes the first series' content, its checksum made right. */
function inFirstSeries(change: (bytes: Buffer, start: number) => unknown): Change {
  return (bytes, { series }) => {
    const start = Math.ceil(series / 16) * 16;
    change(bytes, start + 1);
    resum(bytes, start + 1, start + 1 + bytes.readUInt8(start));
    return undefined;
  };
}

/** Changes the table of contents, its checksum made right. */
function inToc(change: (bytes: Buffer, toc: number) => unknown): Change {
  return (bytes, { toc }) => {
    change(bytes, toc);
    resum(bytes, toc, toc + 48);
    return undefined;
  };
}

const set =
  (offset: number, ...values: number[]): Change =>
  (bytes) => {
    for (const [i, value] of values.entries()) bytes[offset + i] = value;
    return undefined;
  };

/** Findings of rows whose one change shows in several places; one for all others. */
export const FINDINGS: ReadonlyMap<string, number> = new Map([
  ['an empty index', 2], // neither head nor tail
  ['a TOC with two sections in one place', 7],
  ['a list that another pair has', 2],
  ['a TOC out of order', 6],
  ['symbols out of order', 7], // the lists are in the old order
  ['a series longer than the section', 2],
  ['labels out of order', 4],
  ['a series that is the next one too', 4],
  ['a chunk place that is wrong', 2],
  ['a chunk in a segment that is not there', 2],
  ['a table entry of three keys', 3],
  ['a table entry for a pair that is not there', 2],
  ['an empty segment', 5], // and each chunk in it
  ['a chunk without samples', 3],
]);

type Row = readonly [name: string, file: string, change: Change, message: RegExp];

export const ROWS: readonly Row[] = [
  ['an empty index', 'index', () => Buffer.alloc(0), /bytes wanted|shorter than an empty/],
  ['an index cut off', 'index', (bytes) => bytes.subarray(0, 200), /table of contents/],
  ['an index with another magic', 'index', set(0, 0), /the magic number/],
  ['an index of version 1', 'index', set(4, 1), /index version 1 is not known/],
  ['an index of version 4', 'index', set(4, 4), /index version 4 is not known/],
  ['a wrong TOC checksum', 'index', (b) => flip(b, b.length - 1), /table of contents/],
  [
    'a TOC that points outside',
    'index',
    inToc((b, toc) => b.writeUInt32BE(1, toc)),
    /outside of the file/,
  ],
  ...['symbols', 'series', 'label indices', 'their table', 'postings', 'the table'].map(
    (section, i): Row => [
      `a TOC that points behind the file for ${section}`,
      'index',
      inToc((b, toc) => b.writeUInt32BE(0x7fff_ffff, toc + 8 * i + 4)),
      /outside of the file/,
    ],
  ),
  ...['symbols', 'series', 'postings', 'the table'].map(
    (section, i): Row => [
      `a TOC that says 3 for ${section}`,
      'index',
      inToc((b, toc) => b.writeUInt32BE(3, toc + 8 * (i < 2 ? i : i + 2) + 4)),
      /outside of the file/,
    ],
  ),
  [
    'a TOC with two sections in one place',
    'index',
    inToc((b, toc) => b.copy(b, toc + 32, toc + 40, toc + 48)),
    /missing or mixed up|belong to nothing|outside of the postings/,
  ],
  [
    'a TOC out of order',
    'index',
    inToc((b, toc) => b.writeUInt32BE(6, toc + 12)),
    /begin within|mixed up|no series/,
  ],
  [
    'a TOC without series',
    'index',
    inToc((b, toc) => b.writeUInt32BE(0, toc + 12)),
    /missing or mixed up/,
  ],
  ['a symbol table longer than the file', 'index', set(5, 0x7f), /a symbol table of/],
  ['more symbols than bytes', 'index', set(9, 0xff), /symbols in/],
  ['fewer symbols than there are', 'index', set(12, 2), /left over/],
  ['a wrong symbol checksum', 'index', (b, s) => flip(b, s.series - 1), /symbol table does not/],
  [
    'a symbol with a length too long',
    'index',
    inSymbols((b, at) => b.writeUInt8(0x7f, at + 1)),
    /wanted/,
  ],
  [
    'symbols out of order',
    'index',
    inSymbols((b, at) => b.writeUInt8(0x7a, at + 2)),
    /not in order/,
  ],
  [
    'a wrong series checksum',
    'index',
    (b, s) => flip(b, Math.ceil(s.series / 16) * 16 + 2),
    /checksum of a series/,
  ],
  [
    'a series longer than the section',
    'index',
    (b, s) => b.writeUInt8(0x7f, Math.ceil(s.series / 16) * 16),
    /checksum of a series|a series of/,
  ],
  [
    'a series of an unknown symbol',
    'index',
    inFirstSeries((b, at) => b.writeUInt8(0x7f, at + 1)),
    /there is no symbol 127/,
  ],
  [
    'a series with too many labels',
    'index',
    inFirstSeries((b, at) => b.writeUInt8(0x7f, at)),
    /a count of 127/,
  ],
  [
    'labels out of order',
    'index',
    inFirstSeries((b, at) => b.writeUInt8(b[at + 3]!, at + 1)),
    /comes twice in a series/,
  ],
  [
    'a series that is the next one too',
    'index',
    inFirstSeries((b, at) => b.writeUInt8(7, at + 2)),
    /not in order|no series has/,
  ],
  [
    'a chunk time that is wrong',
    'index',
    inFirstSeries((b, at) => b.writeUInt8(b.readUInt8(at + 8) - 1, at + 8)),
    /last sample is at/,
  ],
  [
    'a chunk place that is wrong',
    'index',
    inFirstSeries((b, at) => b.writeUInt8(9, at + 10)),
    /chunk/,
  ],
  [
    'a chunk in a segment that is not there',
    'index',
    inFirstSeries((b, at) => {
      // The reference takes one byte: its segment cannot be reached, so the offset lies outside.
      b[at + 10] = 0x7f;
    }),
    /chunk/,
  ],
  [
    'padding that is not zero',
    'index',
    (b, s) => b.writeUInt8(1, Math.ceil(s.series / 16) * 16 - 1),
    /padding is not zero/,
  ],
  [
    'a wrong postings checksum',
    'index',
    (b, s) => flip(b, s.table - 1),
    /checksum of a postings list/,
  ],
  [
    'a postings list that lies about its length',
    'index',
    (b, s) => {
      const at = Math.ceil(s.postings / 4) * 4;
      b.writeUInt32BE(0x7fffffff, at + 4);
    },
    /a list of 2147483647 references/,
  ],
  [
    'a postings list with another series',
    'index',
    (b, s) => {
      const at = Math.ceil(s.postings / 4) * 4;
      b.writeUInt32BE(b.readUInt32BE(at + 8) + 1, at + 8);
      resum(b, at + 4, at + 4 + b.readUInt32BE(at));
    },
    /the list of all series is not that of the series/,
  ],
  [
    'a postings list that is not in order',
    'index',
    (b, s) => {
      const at = Math.ceil(s.postings / 4) * 4;
      const first = b.readUInt32BE(at + 8);
      b.writeUInt32BE(b.readUInt32BE(at + 12), at + 8);
      b.writeUInt32BE(first, at + 12);
      resum(b, at + 4, at + 4 + b.readUInt32BE(at));
    },
    /the list of all series is not that of the series/,
  ],
  [
    'a list that another pair has',
    'index',
    (b, s) => {
      // A list of one series takes 16 bytes: the last pair's is now the one before.
      b.writeUInt8(b.readUInt8(s.toc - 6) - 16, s.toc - 6);
      resum(b, s.table + 4, s.toc - 4);
    },
    /a list that is not that of the series|outside of the postings|last ended/,
  ],
  [
    'a wrong table checksum',
    'index',
    (b, s) => flip(b, s.toc - 1),
    /postings offset table does not/,
  ],
  [
    'a table with too many entries',
    'index',
    (b, s) => void b.writeUInt32BE(0xffffff, s.table + 4),
    /16777215 entries/,
  ],
  [
    'a table entry of three keys',
    'index',
    (b, s) => {
      b[s.table + 8] = 3;
      resum(b, s.table + 4, s.toc - 4);
    },
    /an entry of 3 keys/,
  ],
  [
    'a table entry for a pair that is not there',
    'index',
    (b, s) => {
      b[s.toc - 4 - 3] = 0x7a; // within the last value
      resum(b, s.table + 4, s.toc - 4);
    },
    /no series has|no list|in order|outside/,
  ],
  ['an empty segment', 'chunks/000001', () => Buffer.alloc(0), /bytes wanted/],
  ['a segment with another magic', 'chunks/000001', set(0, 0), /the magic number/],
  ['a segment of version 2', 'chunks/000001', set(4, 2), /segment version 2 is not known/],
  ['a segment whose padding is not zero', 'chunks/000001', set(6, 1), /padding is not zero/],
  ['a chunk longer than its segment', 'chunks/000001', set(8, 0xff, 0xff, 0x03), /a chunk of/],
  ['a chunk of gigabytes', 'chunks/000001', set(8, 0xff, 0xff, 0xff, 0xff, 0x0f), /a chunk of/],
  ['a chunk length that does not end', 'chunks/000001', set(8, 255, 255, 255, 255, 255), /varint/],
  ['a wrong chunk checksum', 'chunks/000001', (b) => flip(b, b.length - 1), /checksum of a chunk/],
  [
    'an unknown chunk encoding',
    'chunks/000001',
    (b) => {
      b[9] = 9;
      resum(b, 9, 10 + b[8]!);
    },
    /encoding 9/,
  ],
  [
    'a chunk without samples',
    'chunks/000001',
    (b) => {
      b[11] = 0;
      resum(b, 9, 10 + b[8]!);
    },
    /without samples/,
  ],
  [
    'a chunk that claims more samples',
    'chunks/000001',
    (b) => {
      b[10] = 0xff;
      resum(b, 9, 10 + b[8]!);
    },
    /ends inside sample|by the index/,
  ],
  [
    'bytes behind the last chunk',
    'chunks/000001',
    (b) => Buffer.concat([b, Buffer.alloc(9)]),
    /belongs to no chunk/,
  ],
  ['a meta.json that is not JSON', 'meta.json', () => Buffer.from('{'), /not JSON/],
  [
    'a meta.json of another block',
    'meta.json',
    (b) => Buffer.from(b.toString().replaceAll(ULID, ULID.replace('01', '02'))),
    /in the place of/,
  ],
  [
    'a meta.json with wrong counts',
    'meta.json',
    (b) => Buffer.from(b.toString().replace('"numSeries": 3', '"numSeries": 4')),
    /numSeries is 4, there are 3/,
  ],
  [
    'a meta.json with a wrong range',
    'meta.json',
    (b) => Buffer.from(b.toString().replace('"maxTime": 4000', '"maxTime": 2500')),
    /outside of the block's range/,
  ],
];
