import { expect, test } from 'vitest';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { placeOf, WalFindings } from '../../../src/wal/verify/findings.ts';
import { histogramWords } from '../../../src/wal/verify/histogram-words.ts';
import { OrphanGroups } from '../../../src/wal/verify/orphan-groups.ts';
import { verifyWal } from '../../../src/wal/verify.ts';
import {
  histogramRecord,
  named,
  samplesRecord,
  seriesRecord,
  writeLog,
} from '../../support/log-records.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

const DIR = '/t/wal';
const options = (disk: MemoryDisk) => ({ disk, dir: DIR, histogramFault: () => undefined });

test('late samples that contradict others are found, wherever the first one stands', async () => {
  const disk = new MemoryDisk();
  await writeLog(disk, DIR, [
    [seriesRecord(named(1, 'm'), named(2, 'n')), samplesRecord([1, 10, 1], [1, 20, 1], [1, 30, 1])],
    // The same again, twice; another value; a late one that is alone; a series that only looks alike.
    [samplesRecord([1, 20, 1], [1, 30, 1], [1, 20, 7], [1, 15, 1], [2, 20, 7])],
    [seriesRecord(named(9, 'm')), samplesRecord([9, 10, 8])],
  ]);
  const { end, findings } = await verifyWal(options(disk));
  expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([
    expect.objectContaining({
      file: '00000001',
      what: expect.stringMatching(/series 1: at 20 two/),
    }),
    expect.objectContaining({
      file: '00000002',
      what: expect.stringMatching(/series 9: at 10 two/),
    }),
  ]);
  expect(end.segment).toBe(2);
});

test('a histogram that was sent again is no contradiction, another one is', async () => {
  const disk = new MemoryDisk();
  await writeLog(disk, DIR, [
    [seriesRecord(named(1, 'm')), histogramRecord(1, 10, 3), histogramRecord(1, 10, 3)],
    [histogramRecord(1, 10, 4), samplesRecord([1, 10, 3])],
  ]);
  const { findings } = await verifyWal(options(disk));
  expect(findings.map(({ what }) => what)).toEqual([
    expect.stringMatching(/at 10 two values/),
    expect.stringMatching(/at 10 two values/),
  ]);
});

test('a log that is truncated while it is read is read again', async () => {
  const disk = new MemoryDisk();
  const first = [seriesRecord(named(1, 'm')), samplesRecord([1, 10, 1])];
  await writeLog(disk, DIR, [first, [samplesRecord([1, 20, 1])], [samplesRecord([1, 30, 1])]]);
  const open = disk.openSync.bind(disk);
  let isFirst = true;
  disk.openSync = (path, mode) => {
    if (isFirst && path.endsWith('00000001')) {
      isFirst = false;
      disk.removeFile(`${DIR}/00000000`);
      disk.removeFile(`${DIR}/00000001`);
    }
    return open(path, mode);
  };
  // The checkpoint that a truncation makes first.
  await writeLog(disk, `${DIR}/checkpoint.00000001`, [[...first, samplesRecord([1, 20, 1])]]);
  disk.rename(`${DIR}/checkpoint.00000001`, '/t/made');
  const list = disk.list.bind(disk);
  disk.list = (dir) => {
    if (!isFirst && disk.stat('/t/made') !== undefined)
      disk.rename('/t/made', `${DIR}/checkpoint.00000001`);
    return list(dir);
  };
  expect((await verifyWal(options(disk))).findings).toEqual([]);
  expect(isFirst).toBe(false);
});

test('a disk that does not read is no finding', async () => {
  const disk = new MemoryDisk();
  await writeLog(disk, DIR, [[seriesRecord(named(1, 'm'))]]);
  disk.faults.add({ operation: 'read', path: /00000000/, code: 'disk_failed' });
  await expect(verifyWal(options(disk))).rejects.toMatchObject({ code: 'disk_failed' });
});

test('of what is normal the first twenty of a kind are told, of errors a thousand', () => {
  const findings = new WalFindings();
  for (let i = 0; i < 30; i++) findings.info({ file: '', offset: 0 }, `odd ${i}`, 'odd things');
  for (let i = 0; i < 2000; i++) findings.error({ file: '', offset: 0 }, 'bad');
  const list = findings.list();
  expect(list.length).toBe(1002);
  expect(list.slice(-2).map(({ what }) => what)).toEqual([
    '10 more: odd things',
    '1020 findings more',
  ]);
});

test('places in segments have an offset, in checkpoints none', () => {
  expect(placeOf({ segment: 3, offset: 5 })).toEqual({ file: '00000003', offset: 5 });
  const inCheckpoint = placeOf({ segment: 3, offset: Infinity });
  expect(inCheckpoint).toEqual({ file: 'checkpoint.00000003', offset: undefined });
});

test('histograms differ in their words when they differ', () => {
  const value = new HistogramValue();
  const seen = new Set<string>();
  const note = (): void => {
    const { high, low } = histogramWords(value);
    seen.add(`${low}:${high}`);
  };
  note();
  value.count = 1;
  note();
  value.positiveSpanOffsets.push(1);
  note();
  value.positiveBuckets.push(1);
  note();
  value.sumLow = 1;
  note();
  value.isFloat = true;
  note();
  expect(seen.size).toBe(6);
});

test('references beyond the tenth are not listed, but counted', () => {
  const groups = new OrphanGroups();
  for (let ref = 1; ref <= 12; ref++) groups.note('samples', ref, { segment: 1, offset: 2 }, ref);
  const findings = new WalFindings();
  groups.tell(findings);
  expect(findings.list()[0]?.what).toMatch(/12 samples of 12 series .*9, 10, …, times 1 to 12$/);
});
