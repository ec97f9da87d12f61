import { expect, test } from 'vitest';
import type { CachedObject } from '../../../src/bucket/view/view-cache.ts';
import { Catalog } from '../../../src/catalog/catalog.ts';
import { ViewCatalog } from '../../../src/catalog/view-catalog.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDatabases } from '../../support/memory-databases.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

function open(disk = new MemoryDisk()): { disk: MemoryDisk; views: ViewCatalog } {
  const databases = new MemoryDatabases(disk);
  const [clock, logger] = [new ManualClock(), new MemoryLogger()];
  return {
    disk,
    views: new ViewCatalog(new Catalog({ databases, disk, clock, logger, path: '/c' })),
  };
}

function object(ulid: string, name: string, more: Partial<CachedObject> = {}): CachedObject {
  return { ulid, name, sizeBytes: 2 ** 40, modifiedMs: 2 ** 41, content: '{"é"}', ...more };
}

const sorted = (objects: readonly CachedObject[]): readonly CachedObject[] =>
  [...objects].sort((a, b) => (a.ulid + a.name < b.ulid + b.name ? -1 : 1));

test('gives back what was put, in the next process too, and the newer one of two', () => {
  const { disk, views } = open();
  views.put('b', [
    object('A', 'meta.json'),
    object('A', 'deletion-mark.json'),
    object('B', 'meta.json'),
  ]);
  views.put('b', [object('B', 'meta.json', { sizeBytes: 5, content: 'new' })]);
  expect(sorted(open(disk).views.load('b'))).toEqual([
    object('A', 'deletion-mark.json'),
    object('A', 'meta.json'),
    object('B', 'meta.json', { sizeBytes: 5, content: 'new' }),
  ]);
  views.forget('b', [
    { ulid: 'A', name: 'meta.json' },
    { ulid: 'X', name: 'meta.json' },
  ]);
  expect(views.load('b')).toHaveLength(2);
});

test('is of one bucket', () => {
  const { views } = open();
  views.put('old', [object('A', 'meta.json')]);
  expect(views.load('new')).toEqual([]);
  expect(views.load('old')).toEqual([]);
});

test('a disk that takes nothing costs the cache, and nothing else', () => {
  const { disk, views } = open();
  views.put('b', [object('A', 'meta.json')]);
  disk.faults.add({ operation: 'write', path: '/c', code: 'disk_full' });
  views.put('b', [object('B', 'meta.json')]);
  expect(views.load('b').length).toBeLessThanOrEqual(1);
});
