import { expect, test } from 'vitest';
import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import { type CheckpointOptions, writeCheckpoint } from '../../../src/wal/checkpoint.ts';
import { beginExemplar, beginExemplarsRecord } from '../../../src/wal/exemplars-record.ts';
import { comparePositions, type LogPosition } from '../../../src/wal/log.ts';
import { beginMetadataRecord, writeMetadata } from '../../../src/wal/metadata-record.ts';
import { replayWal } from '../../../src/wal/replay.ts';
import { encodeSamples, makeSampleColumns } from '../../../src/wal/samples-record.ts';
import { beginSeries, beginSeriesRecord, writeLabel } from '../../../src/wal/series-record.ts';
import {
  beginTombstonesRecord,
  TombstoneColumns,
  writeTombstone,
} from '../../../src/wal/tombstones-record.ts';
import { WalLog } from '../../../src/wal/wal-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { OPAQUE_TYPE, opaqueRecord } from '../../support/wal-records.ts';

const DIR = '/t/wal';
const text = new TextEncoder();

function record(write: (into: ByteWriter) => void): Uint8Array {
  const into = new ByteWriter();
  write(into);
  return into.view();
}

function series(...refs: number[]): Uint8Array {
  return record((into) => {
    beginSeriesRecord(into);
    for (const ref of refs) {
      beginSeries(ref, 1, into);
      writeLabel(text.encode('__name__'), text.encode(`m${ref}`), into);
    }
  });
}

function samples(...rows: (readonly [ref: number, timeMs: number])[]): Uint8Array {
  const columns = makeSampleColumns();
  for (const [ref, timeMs] of rows) {
    columns.refs.push(ref);
    columns.times.push(timeMs);
    columns.lows.push(2);
    columns.highs.push(0x7ff00000); // the stale marker
  }
  return record((into) => encodeSamples(columns, into));
}

function metadata(ref: number, help: string): Uint8Array {
  return record((into) => {
    beginMetadataRecord(into);
    writeMetadata({ ref, type: 1, unit: text.encode('s'), help: text.encode(help) }, into);
  });
}

function exemplar(ref: number, timeMs: number): Uint8Array {
  return record((into) => {
    const base = { ref, timeMs };
    beginExemplarsRecord(base, into);
    beginExemplar({ ref, timeMs, low: 0, high: 0, labelCount: 0 }, base, into);
  });
}

function tombstone(ref: number): Uint8Array {
  const columns = new TombstoneColumns();
  columns.refs.push(ref);
  columns.minTimes.push(Number.NEGATIVE_INFINITY);
  columns.maxTimes.push(Number.POSITIVE_INFINITY);
  return record((into) => {
    beginTombstonesRecord(into);
    writeTombstone(columns, 0, into);
  });
}

/** Everything in the log, a line for an entry. */
async function dump(disk: MemoryDisk): Promise<string[]> {
  const lines: string[] = [];
  const decode = (bytes: Uint8Array, start: number, length: number): string =>
    new TextDecoder().decode(bytes.subarray(start, start + length));
  const { damageCount, torn } = await replayWal({
    disk,
    dir: DIR,
    sink: {
      series: ({ labels, refs }, bytes) => {
        for (let i = 0; i < refs.length; i++) {
          const cell = labels.firstOf(i);
          const value = decode(bytes, labels.valueStarts.at(cell), labels.valueLengths.at(cell));
          lines.push(`series ${refs.at(i)} ${value}`);
        }
      },
      samples: ({ highs, lows, refs, times }, at) => {
        for (let i = 0; i < refs.length; i++) {
          expect([lows.at(i), highs.at(i)]).toEqual([2, 0x7ff00000]);
          lines.push(`sample ${refs.at(i)}@${times.at(i)} in ${at.segment}`);
        }
      },
      histograms: () => expect.fail('there are none'),
      exemplars: ({ refs, times }) => lines.push(`exemplar ${refs.at(0)}@${times.at(0)}`),
      metadata: ({ helpLengths, helpStarts, refs }, bytes) =>
        lines.push(`help ${refs.at(0)} ${decode(bytes, helpStarts.at(0), helpLengths.at(0))}`),
      tombstones: ({ maxTimes, minTimes, refs }) =>
        lines.push(`tombstone ${refs.at(0)} ${minTimes.at(0)} ${maxTimes.at(0)}`),
      other: (bytes) => lines.push(`other ${bytes[0]}`),
    },
  });
  expect([damageCount, torn]).toEqual([0, undefined]);
  return lines;
}

async function written(...segments: Uint8Array[][]): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const log = new WalLog({ disk, dir: DIR, clock: new ManualClock() });
  for (const records of segments) {
    for (const one of records) log.append(one);
    await log.sync();
    log.nextSegment();
  }
  await log.close();
  return disk;
}

function optionsFor(disk: MemoryDisk, more: Partial<CheckpointOptions> = {}): CheckpointOptions {
  return {
    disk,
    dir: DIR,
    through: 1,
    isLive: () => false,
    isCovered: () => false,
    quarantineDir: '/quarantine',
    ...more,
  };
}

const FIRST = [series(1, 2, 3), samples([1, 100], [2, 200]), metadata(1, 'old'), tombstone(1)];
const SECOND = [
  metadata(1, 'new'),
  series(4, 5),
  samples([4, 300]),
  exemplar(5, 50),
  exemplar(4, 300),
];
const THIRD = [samples([3, 400])];

test('samples are asked about with their series, and deletions go once nothing is left to delete', async () => {
  const disk = await written(FIRST, SECOND, THIRD);
  const isDeletionOpen = (): boolean => false;
  await writeCheckpoint(
    optionsFor(disk, { isCovered: (_at, _ms, ref) => ref === 1, isDeletionOpen }),
  );
  const kept = await dump(disk.crash());
  expect(kept.filter((line) => line.startsWith('sample'))).toEqual([
    'sample 2@200 in 1',
    'sample 4@300 in 1',
    'sample 3@400 in 2',
  ]);
  expect(kept.filter((line) => line.startsWith('tombstone'))).toEqual([]);
});

test('samples in a verified block go, and with them series that nothing names and nobody holds', async () => {
  const disk = await written(FIRST, [...SECOND, opaqueRecord(1)], THIRD);
  const report = await writeCheckpoint(
    optionsFor(disk, { isCovered: (_, timeMs) => timeMs < 200, isLive: (ref) => ref === 5 }),
  );
  expect(await dump(disk.crash())).toEqual([
    'series 2 m2',
    'series 3 m3', // named above the checkpoint
    'sample 2@200 in 1',
    'series 4 m4',
    'series 5 m5', // live
    'sample 4@300 in 1',
    'exemplar 4@300',
    `other ${OPAQUE_TYPE}`,
    'sample 3@400 in 2',
  ]);
  expect(report).toMatchObject({ through: 1, segmentsRemoved: 2, damages: [] });
  expect(report.counts).toMatchObject({
    seriesSeen: 5,
    seriesKept: 4,
    samplesSeen: 3,
    samplesKept: 2,
  });
  expect(disk.crash().allFiles()).toEqual([
    `${DIR}/00000002`,
    `${DIR}/checkpoint.00000001/00000000`,
  ]);
});

test('what is not covered stays whole, with the latest metadata only', async () => {
  const disk = await written(FIRST, SECOND, THIRD);
  await writeCheckpoint(optionsFor(disk, { compression: 'snappy' }));
  expect(await dump(disk)).toEqual([
    'series 1 m1',
    'series 2 m2',
    'series 3 m3',
    'sample 1@100 in 1',
    'sample 2@200 in 1',
    'tombstone 1 -Infinity Infinity',
    'help 1 new',
    'series 4 m4',
    'series 5 m5',
    'sample 4@300 in 1',
    'exemplar 5@50',
    'exemplar 4@300',
    'sample 3@400 in 2',
  ]);
});

test('the rule sees where a sample was logged; in a checkpoint that is its number and Infinity', async () => {
  const disk = await written(FIRST, SECOND, THIRD, THIRD);
  const seen: LogPosition[] = [];
  await writeCheckpoint(optionsFor(disk));
  const block = { segment: 2, offset: 5 };
  await writeCheckpoint(
    optionsFor(disk, {
      through: 2,
      isCovered: (at) => {
        seen.push(at);
        return comparePositions(at, block) < 0;
      },
    }),
  );
  expect(seen).toContainEqual({ segment: 1, offset: Number.POSITIVE_INFINITY });
  expect(seen).toContainEqual({ segment: 2, offset: 0 });
  expect(await dump(disk)).toEqual(['series 3 m3', 'sample 3@400 in 3']);
  expect(disk.allFiles()).toEqual([`${DIR}/00000003`, `${DIR}/checkpoint.00000002/00000000`]);
});

test('rows whose times no number holds are set aside, and cost their record nothing else', async () => {
  const wild = [Number.POSITIVE_INFINITY, 100, Number.NEGATIVE_INFINITY] as const;
  const disk = await written(
    [series(1), samples(...wild.map((timeMs) => [1, timeMs] as const))],
    [],
    THIRD,
  );
  const { damages } = await writeCheckpoint(optionsFor(disk, { compression: 'snappy' }));
  expect(damages).toMatchObject([{ reason: expect.stringContaining('2 samples with times') }]);
  expect(disk.stat(damages[0]?.quarantined ?? '')).toBeDefined();
  expect(await dump(disk)).toContain('sample 1@100 in 1');
  expect((await dump(disk)).join()).not.toContain('Infinity');
});

test('a checkpoint of nothing is one', async () => {
  const disk = await written([samples([1, 1])], [], THIRD);
  await writeCheckpoint(optionsFor(disk, { through: 0, isCovered: () => true }));
  expect(disk.allFiles()).toContain(`${DIR}/checkpoint.00000000/00000000`);
  expect(await dump(disk)).toEqual(['sample 3@400 in 1']);
});

test('a head that drops and takes series between the passes costs nothing', async () => {
  const disk = await written(FIRST, SECOND, THIRD);
  let calls = 0;
  await writeCheckpoint(optionsFor(disk, { isLive: () => calls++ % 2 === 0 }));
  const lines = await dump(disk);
  for (const ref of [1, 2, 3, 4, 5]) expect(lines).toContain(`series ${ref} m${ref}`);
});

const FAULTS = ['open', 'write', 'sync', 'syncDir', 'rename', 'makeDir'] as const;

test.each(FAULTS)(
  'when the disk fails (%s), no segment goes, and the next try succeeds',
  async (operation) => {
    for (let nth = 1; nth < 8; nth++) {
      const disk = await written(FIRST, SECOND, THIRD);
      const before = await dump(disk);
      disk.faults.add({ operation, path: /checkpoint/, code: 'disk_full', nth });
      const failed = await writeCheckpoint(optionsFor(disk)).then(
        () => false,
        () => true,
      );
      if (!failed) break;
      const after = disk.crash();
      expect(await dump(after)).toEqual(before);
      await writeCheckpoint(optionsFor(after));
      expect((await dump(after)).filter((line) => line.startsWith('sample'))).toHaveLength(4);
    }
  },
);

test('power lost while the old files are removed: nothing is lost, whatever of it was durable', async () => {
  for (let seed = 0; seed < 60; seed++) {
    const disk = await written(FIRST, SECOND, THIRD);
    const fault = { operation: 'remove', path: /wal\/0/, code: 'disk_failed' } as const;
    disk.faults.add({ ...fault, nth: 1 + (seed % 3), times: Number.POSITIVE_INFINITY });
    await writeCheckpoint(optionsFor(disk)).catch(() => undefined);
    const lines = await dump(disk.crash(new SeededRandom(seed)));
    expect(lines.filter((line) => line.startsWith('sample'))).toHaveLength(4);
  }
});

test('unreadable bytes are copied before their segment goes; when they cannot be, it stays', async () => {
  const disk = await written(FIRST, SECOND, THIRD);
  const file = disk.openSync(`${DIR}/00000000`, 'update');
  file.write(Uint8Array.of(0xff), 20); // in the first record
  file.close();
  disk.faults.add({ operation: 'open', path: /quarantine/, code: 'disk_full' });
  await expect(writeCheckpoint(optionsFor(disk))).rejects.toMatchObject({ code: 'disk_failed' });
  expect(disk.allFiles()).toContain(`${DIR}/00000000`);
  const { damages } = await writeCheckpoint(optionsFor(disk));
  expect(damages).toMatchObject([{ segment: 0, offset: 0, reason: 'the checksum does not match' }]);
  expect(disk.readFile(damages[0]?.quarantined ?? '').length).toBe(damages[0]?.lengthBytes);
  expect(disk.allFiles()).not.toContain(`${DIR}/00000000`);
});
