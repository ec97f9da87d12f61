import { describe, expect, test } from 'vitest';
import { Epochs } from '../../../../src/base/bytes/epochs.ts';
import { ArenaReader, BLOCK_BYTES_MAX, SlabArena } from '../../../../src/base/bytes/slab-arena.ts';

function fill(arena: SlabArena, address: number, size: number, value: number): void {
  const start = arena.offset(address);
  arena.bytes(address).fill(value, start, start + size);
}

function content(arena: SlabArena, address: number, size: number): number[] {
  const start = arena.offset(address);
  return [...new Set(arena.bytes(address).subarray(start, start + size))];
}

describe('a slab arena', () => {
  test('gives blocks of all sizes that do not overlap and are zero', () => {
    const arena = new SlabArena(new Epochs());
    const sizes = [1, 16, 17, 64, 255, 256, 257, 300, 1000, 4096, 4097, 20_000, 300_000, 2_000_000];
    const blocks: [number, number, number][] = [];
    for (let round = 0; round < 20; round++)
      for (const [index, size] of sizes.entries()) {
        const address = arena.allocate(size);
        expect(address).toBeGreaterThan(0);
        expect(arena.capacity(address)).toBeGreaterThanOrEqual(size);
        expect(content(arena, address, size)).toEqual([0]);
        const mark = 1 + ((round * sizes.length + index) % 250);
        fill(arena, address, size, mark);
        blocks.push([address, size, mark]);
      }
    for (const [address, size, mark] of blocks)
      expect(content(arena, address, size)).toEqual([mark]);
  });

  test('uses freed blocks again, zeroed, also for other sizes once a run is empty', () => {
    const arena = new SlabArena(new Epochs());
    for (const size of [48, 96, 160, 700, 4096, 20_000]) {
      const blocks = Array.from({ length: 5000 * (size > 1000 ? 0.02 : 1) }, () => {
        const address = arena.allocate(size);
        fill(arena, address, size, 0xee);
        return address;
      });
      for (const address of blocks) arena.free(address);
    }
    expect(arena.usedBytes).toBe(0);
    const before = arena.sizeBytes;
    for (let i = 0; i < 1000; i++) expect(content(arena, arena.allocate(96), 96)).toEqual([0]);
    expect(arena.sizeBytes).toBe(before);
  });

  test('takes blocks as big as a slab', () => {
    const arena = new SlabArena(new Epochs());
    const first = arena.allocate(BLOCK_BYTES_MAX);
    const second = arena.allocate(BLOCK_BYTES_MAX);
    expect(first).not.toBe(second);
    expect(arena.capacity(second)).toBe(BLOCK_BYTES_MAX);
    arena.free(first);
    expect(arena.allocate(BLOCK_BYTES_MAX)).toBe(first);
  });

  test('keeps freed bytes as they are while a snapshot is open that may know them', () => {
    const epochs = new Epochs();
    const arena = new SlabArena(epochs);
    const address = arena.allocate(64);
    fill(arena, address, 64, 7);
    const snapshot = epochs.open();
    arena.free(address);
    const later = epochs.open();
    for (let i = 0; i < 100; i++) expect(arena.allocate(64)).not.toBe(address);
    expect(content(arena, address, 64)).toEqual([7]);
    epochs.close(snapshot);
    epochs.close(later);
    const again = Array.from({ length: 2000 }, () => arena.allocate(64));
    expect(again).toContain(address);
  });

  test('is small when idle, and readable through its slabs', () => {
    const arena = new SlabArena(new Epochs());
    const address = arena.allocate(100);
    fill(arena, address, 100, 9);
    expect(arena.sizeBytes).toBeLessThanOrEqual(512 * 1024);
    const reader = new ArenaReader(arena.share());
    expect(reader.view(address).getUint8(reader.offset(address) + 99)).toBe(9);
  });
});
