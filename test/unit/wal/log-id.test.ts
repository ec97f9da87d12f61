import { expect, it } from 'vitest';
import { ensureLogId, readLogId, writeLogId } from '../../../src/wal/log-id.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const FILE = '/tsdb/.varve/log.json';

function world() {
  const logger = new MemoryLogger();
  return { disk: new MemoryDisk(), random: new SeededRandom(1), logger, tsdbPath: '/tsdb' };
}

it('is made at the first start and stays, also over a loss of power', () => {
  const options = world();
  const id = ensureLogId(options);
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  expect(ensureLogId(options)).toBe(id);
  const disk = options.disk.crash(undefined);
  expect(ensureLogId({ ...options, disk })).toBe(id);
});

it('one that is given, as a restore does, is the one from then on', () => {
  const options = world();
  ensureLogId(options);
  writeLogId(options.disk, '/tsdb', 'of another');
  expect(ensureLogId(options)).toBe('of another');
});

it.each([
  ['no JSON', '{"version":1'],
  ['another version', '{"version":2,"id":"x"}'],
  ['no name', '{"version":1,"id":""}'],
])('with %s in it another is made, and that is said', (_, text) => {
  const options = world();
  options.disk.makeDir('/tsdb/.varve');
  options.disk.replaceFile(FILE, Buffer.from(text));
  expect(() => readLogId(options.disk, '/tsdb')).toThrow(FILE);
  const id = ensureLogId(options);
  expect(options.logger.records).toHaveLength(1);
  expect(readLogId(options.disk, '/tsdb')).toBe(id);
});

it('a disk that does not answer ends the start: there may be a name', () => {
  const options = world();
  ensureLogId(options);
  options.disk.faults.add({ operation: 'read', path: /log\.json/, code: 'disk_failed' });
  expect(() => ensureLogId(options)).toThrow(expect.objectContaining({ code: 'disk_failed' }));
});
