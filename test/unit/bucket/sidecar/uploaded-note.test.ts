import { expect, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { notePath, UploadedNote } from '../../../../src/bucket/sidecar/uploaded-note.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';
import { ulidOf } from './found-block.ts';

function open(disk = new MemoryDisk()) {
  disk.makeDir('/state');
  const logger = new MemoryLogger();
  return { disk, logger, note: new UploadedNote(disk, '/state', logger) };
}

test('is there from the start, so that a Prometheus that waits for it waits', () => {
  const { disk, note } = open();
  expect(note.wasLost).toBe(true);
  const text = Buffer.from(disk.readFile(notePath('/state'))).toString();
  expect(JSON.parse(text)).toEqual({ version: 1, uploaded: [] });
});

test('is kept, in the form that Prometheus and Thanos read, and forgets what is gone', () => {
  const { disk, note } = open();
  for (const number of [3, 1, 2]) note.add(ulidOf(number));
  note.keepOnly(new Set([ulidOf(1), ulidOf(3), ulidOf(9)]));
  const again = open(disk).note;
  expect(again.wasLost).toBe(false);
  expect([...again.uploaded]).toEqual([ulidOf(1), ulidOf(3)]);
});

test('a full disk is said, and what was uploaded is known all the same', () => {
  const { disk, logger, note } = open();
  disk.replaceFile = () => {
    throw new VarveError('disk_full', 'ENOSPC');
  };
  note.add(ulidOf(1));
  expect([...note.uploaded]).toEqual([ulidOf(1)]);
  expect(logger.records.map(({ fields }) => fields.code)).toEqual(['disk_full']);
});
