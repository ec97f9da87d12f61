import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../../src/base/bytes/crc32c.ts';
import {
  type PieceHeader,
  PREAMBLE_BYTES,
  parseClaim,
  parseHeader,
  parsePreamble,
  parseTrailer,
  printClaim,
  printPieceHead,
  printTrailer,
} from '../../../../src/wal/archive/format.ts';

const HEADER: PieceHeader = {
  version: 1,
  name: 'g',
  epoch: 1,
  sequence: 7,
  instance: 'i',
  writer: 'w',
  createdMs: 1_794_000_000_000,
  streams: [
    {
      name: 'a',
      labels: [['tenant_id', 'a']],
      origin: '{}',
      base: -1,
      foreignUploaded: true,
      blocks: [],
      parts: [{ segment: 0, from: 0, to: 3, crc32c: 0xffff_ffff }],
    },
  ],
};

/** The head again, with its JSON replaced. */
function withJson(text: string): Uint8Array {
  const json = Buffer.from(text);
  const head = Buffer.concat([printPieceHead(HEADER).subarray(0, PREAMBLE_BYTES), json]);
  head.writeUInt32BE(json.length, 8);
  head.writeUInt32BE(crc32c(json), 12);
  return head;
}

function parse(head: Uint8Array): PieceHeader {
  const { crc, headerBytes } = parsePreamble(head.subarray(0, PREAMBLE_BYTES), 'key');
  return parseHeader(head.subarray(PREAMBLE_BYTES, PREAMBLE_BYTES + headerBytes), crc, 'key');
}

it('a head comes back as it was', () => {
  const head = printPieceHead(HEADER);
  expect(Buffer.from(head.subarray(0, 8)).toString()).toBe('VARVEWAL');
  expect(parse(head)).toEqual(HEADER);
  expect(parseTrailer(printTrailer(0xdead_beef))).toBe(0xdead_beef);
});

describe('what is damaged is told by the name of the object', () => {
  const good = printPieceHead(HEADER);
  const rows: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['nothing', new Uint8Array(0), /key does not begin as a piece/],
    ['another magic', Buffer.from('VARVEWAK00000000'), /does not begin as a piece/],
    ['a length beyond all', Buffer.from('VARVEWAL\xff\xff\xff\xff0000', 'latin1'), /header of/],
    ['another byte', good.map((byte, at) => (at === 40 ? byte ^ 1 : byte)), /another CRC32C/],
    ['no JSON', withJson('{'), /has no JSON/],
    ['a version from later', withJson(JSON.stringify({ ...HEADER, version: 2 })), /at version/],
    ['an unknown key', withJson(JSON.stringify({ ...HEADER, more: 1 })), /Unrecognized key/],
    ['a negative place', withJson(JSON.stringify(HEADER).replace('"from":0', '"from":-1')), /from/],
  ];
  it.each(rows)('%s', (_, head, message) => {
    expect(() => parse(head)).toThrow(message);
  });
});

it('a claim comes back as it was, and a wrong one is told', () => {
  const takesOver = { epoch: 1, sequence: 3 };
  const claim = { version: 1 as const, instance: 'i', createdMs: 1, takesOver };
  expect(parseClaim(printClaim(claim), 'key')).toEqual(claim);
  expect(() => parseClaim(Buffer.from('{}'), 'key')).toThrow(/key is wrong at version/);
});
