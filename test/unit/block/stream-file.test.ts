import { describe, expect, it } from 'vitest';
import {
  createStreamDir,
  readStreamIdentity,
  streamNameOf,
} from '../../../src/block/stream-file.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

const stream = {
  tenant: 'a',
  lifted: [
    { name: '__proto__', value: 'ü' },
    { name: 'replica', value: '' },
  ],
};

describe('stream.json', () => {
  it('gives back the labels that were lifted, after a power loss too', () => {
    const disk = new MemoryDisk();
    createStreamDir(disk, '/tsdb', stream);
    expect(readStreamIdentity(disk.crash(), '/tsdb', streamNameOf(stream))).toEqual(stream);
  });

  it('a stream without lifted labels is the tenant itself and needs no file', () => {
    const disk = new MemoryDisk();
    const plain = { tenant: 'a', lifted: [] };
    expect(createStreamDir(disk, '/tsdb', plain)).toBe('/tsdb/a');
    expect(disk.list('/tsdb/a')).toEqual([]);
    expect(readStreamIdentity(disk, '/tsdb', 'a')).toEqual(plain);
  });

  it.each([
    ['not JSON', '{'],
    ['another stream', '{"version":1,"labels":[["replica","r2"]]}'],
    ['another version', '{"version":2,"labels":[]}'],
    ['a label that is none', '{"version":1,"labels":[["replica"]]}'],
    ['labels as an object', '{"version":1,"labels":{"replica":"r1"}}'],
  ])('is damaged when it is %s', (_, text) => {
    const disk = new MemoryDisk();
    const dir = createStreamDir(disk, '/tsdb', stream);
    disk.replaceFile(`${dir}/stream.json`, Buffer.from(text));
    expect(() => readStreamIdentity(disk, '/tsdb', streamNameOf(stream))).toThrow(
      expect.objectContaining({ code: 'damaged_block' }),
    );
  });
});
