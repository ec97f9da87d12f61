import { expect, it } from 'vitest';
import { createStreamDir, streamNameOf } from '../../../src/block/stream-file.ts';
import { listStreams } from '../../../src/block/streams-on-disk.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

it('finds every stream, leaves alone what is none, and names a damaged one', () => {
  const disk = new MemoryDisk();
  expect(listStreams(disk, '/tsdb', () => undefined)).toEqual([]);
  const lifted = [{ name: 'replica', value: 'r1' }];
  createStreamDir(disk, '/tsdb', { tenant: 'a', lifted: [] });
  createStreamDir(disk, '/tsdb', { tenant: 'a', lifted });
  disk.makeDir('/tsdb/.varve');
  disk.makeDir('/tsdb/b@0123456789abcdef'); // made, and then a crash: no stream.json
  disk.replaceFile('/tsdb/c', Buffer.from('a file'));
  const damaged: string[] = [];
  const found = listStreams(disk, '/tsdb', (path) => void damaged.push(path));
  expect(found.map(({ name }) => name)).toEqual(['a', streamNameOf({ tenant: 'a', lifted })]);
  expect(found.map(({ identity }) => identity.lifted)).toEqual([[], lifted]);
  expect(damaged).toEqual(['/tsdb/b@0123456789abcdef']);
});
