import { describe, expect, test } from 'vitest';
import { collect, readFilePieces } from '../../../../src/base/runtime/file-pieces.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';

const MIB = 1024 * 1024;

function diskWith(bytes: Uint8Array): MemoryDisk {
  const disk = new MemoryDisk();
  const file = disk.openSync('/a', 'create');
  file.write(bytes, 0);
  file.close();
  return disk;
}

describe('files in pieces', () => {
  test('give the bytes of the range, none of them larger than a piece', async () => {
    const bytes = Uint8Array.from({ length: 2 * MIB + 7 }, (_, i) => i % 251);
    const disk = diskWith(bytes);
    const sizes: number[] = [];
    async function* watched() {
      for await (const piece of readFilePieces(disk, '/a', 5, 2 * MIB)) {
        sizes.push(piece.length);
        yield piece;
      }
    }
    const got = await collect(watched(), 3 * MIB, 'it');
    expect(Buffer.compare(got, bytes.subarray(5, 5 + 2 * MIB))).toBe(0);
    expect(sizes).toEqual([MIB, MIB]);
  });

  test('a file that ends too early is damaged, with the byte', async () => {
    const pieces = readFilePieces(diskWith(new Uint8Array(3)), '/a', 0, 4);
    await expect(collect(pieces, 10, 'it')).rejects.toMatchObject({
      code: 'damaged_object',
      message: '/a ends at byte 3, wanted 4',
    });
  });

  test('what is larger than said is refused before it is held', async () => {
    const pieces = readFilePieces(diskWith(new Uint8Array(9)), '/a', 0, 9);
    await expect(collect(pieces, 8, 'it')).rejects.toThrow('it is larger than 8 bytes');
  });
});
