import { expect, test } from 'vitest';
import * as paths from '../../../src/block/paths.ts';
import { ULID } from './make-block.ts';

test('everything has its place below the data directory', () => {
  const stream = paths.streamDir('/tsdb', paths.streamName('team-a', 'f00'));
  expect(stream).toBe('/tsdb/team-a@f00');
  expect(paths.streamDir('/tsdb', paths.streamName('team-a'))).toBe('/tsdb/team-a');
  expect(paths.walDir(stream)).toBe('/tsdb/team-a@f00/wal');
  expect(paths.walSegmentFile(paths.walDir(stream), 7)).toBe('/tsdb/team-a@f00/wal/00000007');
  expect(paths.checkpointDir('/w', 12)).toBe('/w/checkpoint.00000012');
  expect(paths.blockDir(stream, ULID)).toBe(`/tsdb/team-a@f00/${ULID}`);
  expect(paths.blockTmpDir(stream, ULID)).toBe(`/tsdb/team-a@f00/${ULID}.tmp-for-creation`);
  expect(paths.lockFile('/tsdb')).toBe('/tsdb/.varve/lock.db');
  expect(paths.quarantineDir('/tsdb', 'a')).toBe('/tsdb/.varve/quarantine/a');
  expect(paths.chunkSegmentName(3)).toBe('chunks/000003');
});

test('names are read back, and nothing else is taken for them', () => {
  expect(paths.parseStreamName('team-a@f00')).toEqual({ tenant: 'team-a', hash: 'f00' });
  expect(paths.parseStreamName('team-a')).toEqual({ tenant: 'team-a', hash: undefined });
  expect(paths.parseBlockDirName(ULID)).toBe(ULID);
  expect(paths.parseBlockDirName(`${ULID}.tmp-for-creation`)).toBeUndefined();
  expect(paths.parseBlockTmpDirName(`${ULID}.tmp-for-creation`)).toBe(ULID);
  expect(paths.parseBlockTmpDirName(ULID)).toBeUndefined();
  expect(paths.parseWalSegmentName('00000012')).toBe(12);
  expect(paths.parseWalSegmentName('checkpoint.00000012')).toBeUndefined();
  expect(paths.parseCheckpointName('checkpoint.00000012')).toBe(12);
  expect(paths.parseCheckpointName('checkpoint.00000012.tmp')).toBeUndefined();
  expect(paths.parseChunkSegmentName('000001')).toBe(1);
  expect(paths.parseChunkSegmentName('000001.tmp')).toBeUndefined();
});

test.each(['', '.', '..', '.varve', 'a/b'])('%j is no directory of a stream', (name) => {
  expect(() => paths.streamDir('/tsdb', name)).toThrow(/must hold/);
});
