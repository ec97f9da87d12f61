import { expect, it } from 'vitest';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import { bytesSource, fileSource } from '../../../src/bucket/put-sources.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

it('give any range of their bytes', async () => {
  const disk = new MemoryDisk();
  disk.replaceFile('/f', Buffer.from('0123456789'));
  for (const source of [bytesSource(Buffer.from('0123456789')), fileSource(disk, '/f')]) {
    expect(source.sizeBytes).toBe(10);
    expect(Buffer.from(await collect(source.read(3, 4), 4, 'f')).toString()).toBe('3456');
  }
});

it('a file that is not there, or shrinks meanwhile, is an error', async () => {
  const disk = new MemoryDisk();
  expect(() => fileSource(disk, '/f')).toThrow(expect.objectContaining({ code: 'not_found' }));
  disk.replaceFile('/f', Buffer.from('0123456789'));
  const source = fileSource(disk, '/f');
  disk.replaceFile('/f', Buffer.from('01'));
  await expect(collect(source.read(0, 10), 10, 'f')).rejects.toThrow();
});
