// A file of chunks of the head with damage in it, row by row: which chunks are read all the same,
// and what is told of the rest.

import { expect, test } from 'vitest';
import { HeadChunkReader } from '../../src/wal/head-chunks/reader.ts';
import { HEAD_CHUNKS_HEADER, layChunk } from '../support/head-chunks.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

const chunk = (ref: number): Buffer =>
  Buffer.from(layChunk({ ref, minTimeMs: 10, maxTimeMs: 20, data: new Uint8Array(30).fill(9) }));
const SIZE = chunk(1).length;
const LENGTH_AT = 25;

function changed(ref: number, at: number, value: number): Buffer {
  const bytes = chunk(ref);
  bytes.writeUInt8(value, at);
  return bytes;
}

function signed(bytes: Buffer): Buffer {
  const { ref, minTimeMs, maxTimeMs } = {
    ref: Number(bytes.readBigInt64BE(0)),
    minTimeMs: Number(bytes.readBigInt64BE(8)),
    maxTimeMs: Number(bytes.readBigInt64BE(16)),
  };
  return Buffer.from(layChunk({ ref, minTimeMs, maxTimeMs, data: new Uint8Array(30) }));
}

const hugeTime = chunk(2);
hugeTime.writeBigInt64BE(2n ** 62n, 16);
const hugeRef = chunk(2);
hugeRef.writeBigInt64BE(2n ** 55n, 0);

const START = HEAD_CHUNKS_HEADER.length;
const CHECKSUM = 'the checksum does not match';

interface Row {
  readonly name: string;
  readonly header?: Uint8Array;
  readonly bytes: readonly Uint8Array[];
  readonly refs: readonly number[];
  readonly damages: readonly (readonly [number, number, string])[];
}

const ROWS: readonly Row[] = [
  {
    name: 'a flipped bit in the data costs that chunk',
    bytes: [chunk(1), changed(2, 40, 1), chunk(3)],
    refs: [1, 3],
    damages: [[START + SIZE, START + 2 * SIZE, CHECKSUM]],
  },
  {
    name: 'a flipped bit in the reference costs that chunk',
    bytes: [changed(1, 7, 99), chunk(3)],
    refs: [3],
    damages: [[START, START + SIZE, CHECKSUM]],
  },
  {
    name: 'a wrong checksum at the end costs the last chunk',
    bytes: [chunk(1), changed(2, SIZE - 1, 0)],
    refs: [1],
    damages: [[START + SIZE, START + 2 * SIZE, CHECKSUM]],
  },
  {
    name: 'a wrong length costs the rest of the file',
    bytes: [chunk(1), changed(2, LENGTH_AT, 29), chunk(3)],
    refs: [1],
    damages: [[START + SIZE, START + 3 * SIZE, CHECKSUM]],
  },
  {
    name: 'a length beyond the file',
    bytes: [chunk(1), changed(2, LENGTH_AT, 0x7f), chunk(3)],
    refs: [1],
    damages: [[START + SIZE, START + 3 * SIZE, 'a chunk of 127 bytes, with 120 left']],
  },
  {
    name: 'a length of more than 32 bits',
    bytes: [chunk(1), Buffer.concat([chunk(2).subarray(0, LENGTH_AT), Buffer.alloc(40, 0xff)])],
    refs: [1],
    damages: [[START + SIZE, START + SIZE + 65, 'a chunk without a length']],
  },
  {
    name: 'two damaged chunks one after the other cost the rest: no length can be believed',
    bytes: [chunk(1), changed(2, 40, 1), changed(3, 40, 1), chunk(4)],
    refs: [1],
    damages: [[START + SIZE, START + 4 * SIZE, CHECKSUM]],
  },
  {
    name: 'the file ends within a chunk',
    bytes: [chunk(1), chunk(2).subarray(0, SIZE - 1)],
    refs: [1],
    damages: [[START + SIZE, START + 2 * SIZE - 1, `a chunk of 30 bytes, with ${SIZE - 1} left`]],
  },
  {
    name: 'the file ends within the header of a chunk',
    bytes: [chunk(1), chunk(2).subarray(0, 20)],
    refs: [1],
    damages: [[START + SIZE, START + SIZE + 20, 'the file ends within a chunk']],
  },
  {
    name: 'zeros between chunks',
    bytes: [chunk(1), Buffer.alloc(64), chunk(3)],
    refs: [1],
    damages: [
      [
        START + SIZE,
        START + 2 * SIZE + 64,
        'zeros where a chunk should be, and something behind them',
      ],
    ],
  },
  {
    name: 'another magic number',
    header: Uint8Array.of(1, 2, 3, 4, 1, 0, 0, 0),
    bytes: [chunk(1)],
    refs: [],
    damages: [[0, START + SIZE, 'the magic number is 1020304']],
  },
  {
    name: 'another version',
    header: Uint8Array.of(0x01, 0x30, 0xbc, 0x91, 2, 0, 0, 0),
    bytes: [chunk(1)],
    refs: [],
    damages: [[0, START + SIZE, 'version 2 is not known']],
  },
  {
    name: 'half a header',
    header: HEAD_CHUNKS_HEADER.subarray(0, 5),
    bytes: [],
    refs: [],
    damages: [[0, 5, 'the file ends within its header']],
  },
  {
    name: 'a time beyond 2^53, with the right checksum',
    bytes: [chunk(1), signed(hugeTime), chunk(3)],
    refs: [1, 3],
    damages: [[START + SIZE, START + 2 * SIZE, 'times beyond 2^53']],
  },
  {
    name: 'a reference beyond 2^53, with the right checksum',
    bytes: [chunk(1), signed(hugeRef), chunk(3)],
    refs: [1, 3],
    damages: [[START + SIZE, START + 2 * SIZE, 'a reference beyond 2^53']],
  },
];

function read(bytes: Uint8Array): { refs: number[]; damages: [number, number, string][] } {
  const disk = new MemoryDisk();
  disk.makeDir('/d');
  disk.replaceFile('/d/000001', bytes);
  const file = disk.openSync('/d/000001', 'read');
  const damages: [number, number, string][] = [];
  const reader = new HeadChunkReader(file, (...damage) => void damages.push(damage));
  const refs: number[] = [];
  while (reader.next()) refs.push(reader.chunk!.ref);
  file.close();
  return { refs, damages };
}

test.each(ROWS)('$name', ({ header = HEAD_CHUNKS_HEADER, bytes, refs, damages }) => {
  expect(read(Buffer.concat([header, ...bytes]))).toEqual({ refs, damages });
});

test('cut off at any byte, and with any byte changed: every other chunk up to there is read', () => {
  const whole = Buffer.concat([HEAD_CHUNKS_HEADER, chunk(1), chunk(2), chunk(3)]);
  for (let length = 0; length < whole.length; length++) {
    const { refs } = read(whole.subarray(0, length));
    expect(refs).toHaveLength(Math.max(0, Math.floor((length - START) / SIZE)));
  }
  for (let at = START; at < whole.length; at++) {
    const bytes = Buffer.from(whole);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x55, at);
    const { refs, damages } = read(bytes);
    const hit = Math.floor((at - START) / SIZE) + 1;
    expect(damages.length).toBeGreaterThan(0);
    expect(refs).not.toContain(hit);
    for (let before = 1; before < hit; before++) expect(refs).toContain(before);
  }
});
