import { describe, expect, it } from 'vitest';
import type { PutSource } from '../../../../src/bucket/bucket.ts';
import { fetchPiece } from '../../../../src/wal/restore/fetch-piece.ts';
import { fileKey, gather, hasCheckpoint } from '../../../../src/wal/restore/gather.ts';
import { ArchiveWorld } from '../../../support/archive-world.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';

const KEY = 'varve/wal/g/00000001/000000000001';
const SEGMENT = '/raw/a/wal/00000001';

function sourceOf(bytes: Uint8Array): PutSource {
  return {
    sizeBytes: bytes.length,
    async *read(offset, length) {
      yield bytes.subarray(offset, offset + length);
    },
  };
}

/** A piece with a checkpoint and the beginning of a segment, changed by `change`. */
async function fetched(change: (bytes: Buffer) => Uint8Array = (bytes) => bytes) {
  const world = new ArchiveWorld();
  world.write('checkpoint.00000000/00000000', 'kept');
  world.write('00000001', 'abcdef');
  world.synced = { segment: 1, offset: 4 };
  await world.round();
  const pieces: Uint8Array[] = [];
  for await (const bytes of world.bucket.get(KEY)) pieces.push(bytes);
  await world.bucket.put(KEY, sourceOf(change(Buffer.concat(pieces))));
  const disk = new MemoryDisk();
  const dirOf = (name: string) => `/raw/${name}`;
  return { disk, piece: await fetchPiece({ bucket: world.bucket, disk, dirOf }, KEY) };
}

it('the parts of a piece come to their places', async () => {
  const { disk, piece } = await fetched();
  expect(piece.faults).toEqual([]);
  expect(Buffer.from(disk.readFile(SEGMENT)).toString()).toBe('abcd');
  const [stream] = gather([piece]);
  expect(stream).toMatchObject({ name: 'a', base: 0, segments: [1] });
  expect(stream?.files.get(fileKey(undefined, 1))).toMatchObject([{ from: 0, to: 4 }]);
  expect(stream !== undefined && hasCheckpoint(stream, 0)).toBe(true);
});

it('bytes that changed on the way are brought again', async () => {
  const world = new ArchiveWorld();
  world.write('00000001', 'abcdef');
  world.synced = { segment: 1, offset: 4 };
  await world.round();
  const get = world.bucket.get.bind(world.bucket);
  let reads = 0;
  world.bucket.get = async function* (key, range, options) {
    const isFirst = reads++ === 0;
    for await (const bytes of get(key, range, options))
      yield isFirst ? bytes.map((byte, at) => (at === bytes.length - 5 ? byte ^ 1 : byte)) : bytes;
  };
  const disk = new MemoryDisk();
  const dirOf = (name: string) => `/raw/${name}`;
  const piece = await fetchPiece({ bucket: world.bucket, disk, dirOf }, KEY);
  expect([reads, piece.faults, piece.parts.size]).toEqual([2, [], 1]);
  expect(Buffer.from(disk.readFile(SEGMENT)).toString()).toBe('abcd');
});

describe('a damaged piece is told, and what is whole of it is used', () => {
  it('a part with other bytes', async () => {
    const { piece } = await fetched((bytes) => {
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 5) ^ 1, bytes.length - 5);
      return bytes;
    });
    expect(piece.faults).toHaveLength(2); // the part, and all of it
    expect([...piece.parts].map(({ checkpoint }) => checkpoint)).toEqual([0]);
  });

  it('one that ends early', async () => {
    const { piece } = await fetched((bytes) => bytes.subarray(0, bytes.length - 6));
    expect(piece.faults).toMatchObject([/is too short/]);
    expect([...piece.parts].map(({ checkpoint }) => checkpoint)).toEqual([0]);
  });

  it('one without its beginning', async () => {
    const { piece } = await fetched((bytes) => bytes.subarray(1));
    expect(piece).toMatchObject({ header: undefined, faults: [/does not begin as a piece/] });
  });

  it('none at all', async () => {
    const bucket = new ArchiveWorld().bucket;
    const piece = await fetchPiece({ bucket, disk: new MemoryDisk(), dirOf: () => '/raw' }, KEY);
    expect(piece).toMatchObject({ header: undefined, faults: [/there is no object/] });
  });
});

describe('gathered from several pieces', () => {
  const stream = {
    name: 'a',
    labels: [],
    origin: '{}',
    base: -1,
    foreignUploaded: true,
    blocks: [],
    parts: [],
  };
  const head = { version: 1 as const, name: 'g', epoch: 1, instance: 'i', writer: 'w' };
  const pieceOf = (sequence: number, fields: object) => {
    const one = { ...stream, ...fields };
    const header = { ...head, sequence, createdMs: 0, streams: [one] };
    return { key: `${sequence}`, header, parts: new Set(one.parts), faults: [] };
  };

  it('ranges that touch become one, holes stay', () => {
    const part = (from: number, to: number) => ({ segment: 0, from, to, crc32c: 0 });
    const [one] = gather([
      pieceOf(1, { parts: [part(0, 3), part(8, 9)] }),
      pieceOf(2, { parts: [part(3, 5), part(1, 2)] }),
    ]);
    expect(one?.files.get('0')).toMatchObject([
      { from: 0, to: 5 },
      { from: 8, to: 9 },
    ]);
  });

  it('a checkpoint is whole only with every byte of every file', () => {
    const part = (segment: number, to: number) => ({
      checkpoint: 4,
      segment,
      from: 0,
      to,
      crc32c: 0,
    });
    const checkpoint = { number: 4, sizes: [3, 2] };
    const wholeWith = (parts: object[]) => {
      const [one] = gather([pieceOf(1, { checkpoint, parts })]);
      return one !== undefined && hasCheckpoint(one, 4);
    };
    expect(wholeWith([part(0, 3), part(1, 2)])).toBe(true);
    expect(wholeWith([part(0, 3), part(1, 1)])).toBe(false);
    expect(wholeWith([part(0, 3)])).toBe(false);
  });

  it('a block is in the bucket when any piece says so; the highest base counts', () => {
    const block = { ulid: 'A', minTimeMs: 0, maxTimeMs: 1, segment: 1, offset: 0 };
    const [one] = gather([
      pieceOf(1, { blocks: [{ ...block, uploaded: true }], base: 3 }),
      pieceOf(2, { blocks: [{ ...block, uploaded: false }], base: 2 }),
    ]);
    expect(one).toMatchObject({ base: 3, blocks: [{ uploaded: true }] });
  });
});
