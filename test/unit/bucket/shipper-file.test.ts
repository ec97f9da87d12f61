import { expect, it } from 'vitest';
import {
  readShipperFile,
  SHIPPER_FILE,
  writeShipperFile,
} from '../../../src/bucket/shipper-file.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

it('is Thanos’s file and gives back what was noted', () => {
  const disk = new MemoryDisk();
  disk.makeDir('/d');
  writeShipperFile(disk, '/d', new Set(['B', 'A']));
  const text = Buffer.from(disk.readFile(`/d/${SHIPPER_FILE}`)).toString();
  expect(text).toBe('{\n\t"version": 1,\n\t"uploaded": [\n\t\t"A",\n\t\t"B"\n\t]\n}\n');
  expect([...readShipperFile(disk, '/d')]).toEqual(['A', 'B']);
});

it.each(['', '{', 'null', '{}', '{"uploaded":{}}'])('knows nothing when it is %j', (text) => {
  const disk = new MemoryDisk();
  disk.makeDir('/d');
  expect(readShipperFile(disk, '/d').size).toBe(0);
  disk.replaceFile(`/d/${SHIPPER_FILE}`, Buffer.from(text));
  expect(readShipperFile(disk, '/d').size).toBe(0);
});

it('says so when the disk does not give it: that is not the same as knowing nothing', () => {
  const disk = new MemoryDisk();
  disk.makeDir('/d');
  writeShipperFile(disk, '/d', ['A']);
  disk.faults.add({ operation: 'read', path: /shipper/, code: 'disk_failed' });
  expect(() => readShipperFile(disk, '/d')).toThrow('EIO');
});
