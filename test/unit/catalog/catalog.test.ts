import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { NodeDatabases } from '../../../src/base/runtime/node-databases.ts';
import { NodeDisk } from '../../../src/base/runtime/node-disk.ts';
import { Catalog } from '../../../src/catalog/catalog.ts';
import { SCHEMA_STEPS } from '../../../src/catalog/schema.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDatabases } from '../../support/memory-databases.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const root = mkdtempSync(join(tmpdir(), 'varve-catalog-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

function onDisk(path = join(root, String(++made), 'catalog.db')) {
  const disk = new NodeDisk();
  const logger = new MemoryLogger();
  const clock = new ManualClock();
  const catalog = new Catalog({ databases: new NodeDatabases(disk), disk, clock, logger, path });
  return { catalog, logger, path, disk };
}

const NAMES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
const tables = (catalog: Catalog) =>
  catalog.read((sql) =>
    sql(NAMES)
      .all()
      .map(({ name }) => name),
  );
const insert = (catalog: Catalog, ulid: string): void =>
  catalog.write((sql) =>
    sql(
      `INSERT INTO uploads (bucket, ulid, tenant, min_time_ms, max_time_ms, size_bytes, begun_ms)
       VALUES ('b', ?, 't', 0, 1, 2, 3)`,
    ).run(ulid),
  );
const count = (catalog: Catalog) =>
  catalog.read((sql) => sql('SELECT count(*) AS n FROM uploads').get()?.n);

describe('the catalogue', () => {
  it('is made when there is none, and is there again the next time', () => {
    const { catalog, path } = onDisk();
    expect(tables(catalog)).toEqual(['compact_jobs', 'upload_files', 'uploads', 'viewed_objects']);
    insert(catalog, 'A');
    catalog.close();
    const again = onDisk(path);
    expect(count(again.catalog)).toBe(1);
    expect(again.catalog.hasLost).toBe(false);
    expect(again.logger.records).toEqual([]);
    again.catalog.close();
  });

  it.each([
    [
      'is no database',
      () => Buffer.from('this is no database, and has never been one, not at all'),
    ],
    ['has pages of something else', (bytes: Buffer) => bytes.fill(0x55, 4096)],
  ])('that %s is set aside, and a new one made', (_name, damage) => {
    const { catalog, path } = onDisk();
    for (let i = 0; i < 200; i++) insert(catalog, `A${i}`);
    catalog.close();
    writeFileSync(path, damage(readFileSync(path)));
    const damaged = readFileSync(path);
    const again = onDisk(path);
    expect(count(again.catalog)).toBe(0);
    insert(again.catalog, 'B');
    expect(count(again.catalog)).toBe(1);
    expect(again.catalog.hasLost).toBe(true);
    expect(readFileSync(`${path}.damaged-1`)).toEqual(damaged);
    expect(again.logger.records).toMatchObject([{ level: 'error', fields: { path } }]);
    again.catalog.close();
  });

  it('of a newer Varve is set aside: an older one does not guess what is in it', () => {
    const { catalog, path } = onDisk();
    insert(catalog, 'A');
    catalog.close();
    const databases = new NodeDatabases(new NodeDisk());
    const newer = databases.open(path);
    newer.exec(`PRAGMA user_version = ${SCHEMA_STEPS.length + 1}`);
    newer.close();
    const again = onDisk(path);
    expect(count(again.catalog)).toBe(0);
    again.catalog.close();
    expect(readdirSync(join(path, '..')).sort()).toEqual(['catalog.db', 'catalog.db.damaged-1']);
    expect(again.logger.records[0]?.fields.error).toContain('is of version 4, this Varve knows 3');
  });

  it('notes nothing when a part of it cannot be written', () => {
    const { catalog } = onDisk();
    catalog.write((sql) => {
      sql("DELETE FROM uploads WHERE ulid = 'none'").run();
      sql(
        `INSERT INTO uploads (bucket, ulid, tenant, min_time_ms, max_time_ms, size_bytes, begun_ms)
         VALUES ('b', 'A', 't', 0, 1, 2, 3)`,
      ).run();
      throw new VarveError('disk_full', 'no room');
    });
    expect(count(catalog)).toBe(0);
    expect(catalog.hasLost).toBe(true);
    catalog.close();
  });

  it('does not stop anything when its disk fails, says so once in a while, and works again', () => {
    const disk = new MemoryDisk();
    const logger = new MemoryLogger();
    const databases = new MemoryDatabases(disk);
    const options = { databases, disk, clock: new ManualClock(), logger, path: '/c.db' };
    const catalog = new Catalog(options);
    disk.faults.add({ operation: 'write', path: '/c.db', code: 'disk_full', times: 100 });
    for (let i = 0; i < 10; i++) {
      insert(catalog, 'A');
      expect(count(catalog)).toBeUndefined();
    }
    expect(logger.records).toHaveLength(1);
    expect(catalog.hasLost).toBe(true);
    disk.faults.clear();
    insert(catalog, 'B');
    expect(count(catalog)).toBe(1);
  });
});
