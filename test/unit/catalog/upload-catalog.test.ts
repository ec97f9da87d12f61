import { expect, it } from 'vitest';
import type { LoggedFile } from '../../../src/bucket/upload-log.ts';
import { Catalog } from '../../../src/catalog/catalog.ts';
import { UploadCatalog } from '../../../src/catalog/upload-catalog.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDatabases } from '../../support/memory-databases.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const START_MS = Date.UTC(2026, 0, 1);

function world(disk = new MemoryDisk()) {
  const clock = new ManualClock(START_MS);
  const databases = new MemoryDatabases(disk);
  const logger = new MemoryLogger();
  const catalog = new Catalog({ databases, disk, clock, logger, path: '/catalog.db' });
  return { clock, disk, log: new UploadCatalog(catalog) };
}

function block(ulid: string) {
  return { ulid, tenant: 't', minTimeMs: -5, maxTimeMs: 2 ** 45, sizeBytes: 2 ** 41 };
}

const INDEX: LoggedFile = {
  name: 'index',
  sizeBytes: 2 ** 33,
  crc32c: 0xfedcba98,
  sha256: 'ab',
  verifiedBy: 'read back',
  sent: true,
};

it('gives back what was noted, number by number', async () => {
  const { clock, log } = world();
  log.begin('b', block('A'));
  await clock.advance(1000);
  log.fileVerified('b', 'A', INDEX);
  const unknown = { crc32c: undefined, sha256: undefined, sent: false } as const;
  log.fileVerified('b', 'A', { ...INDEX, name: 'a', verifiedBy: 'listed size', ...unknown });
  log.addCost('b', 'A', { requests: 3, sentBytes: 2 ** 40, receivedBytes: 5 });
  log.addCost('b', 'A', { requests: 4, sentBytes: 1, receivedBytes: 6 });
  const verifiedMs = START_MS + 1000;
  const common = { name: 'index', sizeBytes: 2 ** 33, verifiedMs };
  const entry = {
    ...block('A'),
    bucket: 'b',
    begunMs: START_MS,
    endedMs: undefined,
    end: undefined,
    requests: 7,
    sentBytes: 2 ** 40 + 1,
    receivedBytes: 11,
    files: [
      { ...common, name: 'a', ...unknown, verifiedBy: 'listed size' },
      { ...common, crc32c: 'fedcba98', sha256: 'ab', verifiedBy: 'read back', sent: true },
    ],
  };
  expect(log.newest(10)).toEqual([entry]);
  log.end('b', 'A', 'sent');
  expect(log.newest(10)).toEqual([{ ...entry, endedMs: verifiedMs, end: 'sent' }]);
});

it('knows what was begun and what is verified, in this bucket and no other', () => {
  const { log } = world();
  expect(log.known('b', 'A')).toEqual({ begun: false, files: new Map() });
  expect(log.isNoted('b', 'A')).toBe(false);
  log.begin('b', block('A'));
  log.fileVerified('b', 'A', INDEX);
  const files = new Map([['index', { sizeBytes: 2 ** 33, crc32c: 0xfedcba98 }]]);
  expect(log.known('b', 'A')).toEqual({ begun: true, files });
  expect(['b', 'other'].map((name) => log.isNoted(name, 'A'))).toEqual([true, false]);
  expect(log.known('other', 'A')).toMatchObject({ begun: false, files: new Map() });
});

it('does not say that nothing was begun when it may have lost that', () => {
  const { disk, log } = world();
  disk.faults.add({ operation: 'write', path: '/catalog.db', code: 'disk_full', times: 2 });
  log.begin('b', block('A'));
  expect([log.isNoted('b', 'A'), log.known('b', 'A').begun]).toEqual([undefined, undefined]);
  expect([log.isNoted('b', 'A'), log.known('b', 'A').begun]).toEqual([false, undefined]);
});

it('survives a kill, and is empty after a loss of power', () => {
  const { disk, log } = world();
  log.begin('b', block('A'));
  const killed = disk.kill();
  expect(log.isNoted('b', 'A')).toBeUndefined(); // the process is gone
  expect(world(killed).log.isNoted('b', 'A')).toBe(true);
  expect(world(killed.crash()).log.isNoted('b', 'A')).toBe(false);
});

it('an upload that begins again has not ended, and keeps what it has cost', () => {
  const { log } = world();
  log.begin('b', block('A'));
  log.addCost('b', 'A', { requests: 3, sentBytes: 1, receivedBytes: 0 });
  log.end('b', 'A', 'sent');
  log.begin('b', block('A'));
  expect(log.newest(1)).toMatchObject([{ end: undefined, endedMs: undefined, requests: 3 }]);
});

it('keeps the newest that have ended, and all that have not', async () => {
  const { clock, log } = world();
  for (const ulid of ['A', 'B', 'C', 'D', 'E']) {
    log.begin('b', block(ulid));
    log.fileVerified('b', ulid, INDEX);
    if (ulid !== 'B') log.end('b', ulid, 'sent');
    await clock.advance(1000);
  }
  expect(log.newest(10).map(({ ulid }) => ulid)).toEqual(['B', 'E', 'D', 'C', 'A']);
  expect(log.newest(2).map(({ ulid }) => ulid)).toEqual(['B', 'E']);
  log.sweep(2);
  expect(log.newest(10).map(({ ulid }) => ulid)).toEqual(['B', 'E', 'D']);
  expect(log.known('b', 'A')).toEqual({ begun: false, files: new Map() });
  expect(log.isNoted('b', 'A')).toBe(false);
});
