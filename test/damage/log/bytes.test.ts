// The segments of ../wal-rows.ts on the other readers of a log: dump, verify, a checkpoint that they
// are in, and an engine that starts on them. What each must give is what replay gives.

import { expect, test } from 'vitest';
import { replayWal } from '../../../src/wal/replay.ts';
import {
  checkpointAll,
  copyOf,
  lineOf,
  liveOn,
  QUARANTINE,
  runTool,
  WAL,
} from '../../support/log-readers.ts';
import { putFile } from '../../support/log-records.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { replayOpaque } from '../../support/wal-records.ts';
import { full, ROWS, type Row } from '../wal-rows.ts';

/** The row's segment between two good ones, or as the last. */
function logOf({ bytes }: Row, isLast: boolean): MemoryDisk {
  const disk = new MemoryDisk();
  putFile(disk, `${WAL}/00000000`, full(90));
  putFile(disk, `${WAL}/00000001`, Buffer.concat(bytes));
  if (!isLast) putFile(disk, `${WAL}/00000002`, full(99));
  return disk;
}

/** Places that must be told: all damage, and the torn end when it is not the log's. */
function placesOf({ damages = [], tail }: Row, isLast: boolean): readonly string[] {
  const all = tail === undefined || isLast ? damages : [...damages, tail];
  return all.map(([start, , reason]) => `00000001, byte ${start}: ${reason}`);
}

/** Does a decoder take the row's records for samples that do not decode? Then replay counts them. */
const errorsIn = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => line.startsWith('error: ') && line.includes('0000'));

test.each(ROWS)('$name: verify and dump tell each place', async (row) => {
  for (const isLast of [false, true]) {
    const disk = logOf(row, isLast);
    const places = placesOf(row, isLast);
    const verified = await runTool(disk, 'verify', '/data/tsdb/t');
    const errors = errorsIn(verified.out);
    expect(errors).toHaveLength(places.length);
    for (const [i, place] of places.entries()) expect(errors[i]).toContain(place);
    const isTorn = isLast && row.tail !== undefined;
    expect(verified.out.some((line) => line.startsWith('info: ') && /torn/.test(line))).toBe(
      isTorn,
    );
    const dumped = await runTool(disk, 'dump', '/data/tsdb/t');
    for (const place of places) expect(dumped.err.join('\n')).toContain(place);
    expect(dumped.code).toBe(places.length > 0 ? 1 : 0);
  }
});

test.each(ROWS)(
  '$name: a checkpoint keeps the good records, quarantine has the others',
  async (row) => {
    const disk = logOf(row, false);
    await checkpointAll(disk);
    const { ids, report } = await replayOpaque(disk, WAL);
    expect(ids).toEqual([90, ...row.ids, 99]);
    expect(report.damages).toEqual([]);
    expectCopies(disk, row);
  },
);

test.each(ROWS)('$name: an engine starts, tells it, and takes writes', async (row) => {
  for (const isLast of [false, true]) {
    const { disk, logged, started } = await liveOn(logOf(row, isLast));
    const lines = started.filter(({ level }) => level === 'error').map(lineOf);
    expect(lines).toHaveLength(placesOf(row, isLast).length);
    expect(logged.map(lineOf).join('\n')).not.toMatch(/not truncated|not cut|not opened|must hold/);
    expectCopies(disk, row);
    // The good records are there still, also after a loss of power.
    const found: number[] = [];
    const crashed = copyOf(disk.crash());
    const ignore = (): void => undefined;
    await replayWal({
      disk: crashed,
      dir: WAL,
      sink: {
        ...{ series: ignore, samples: ignore, histograms: ignore },
        ...{ exemplars: ignore, metadata: ignore, tombstones: ignore },
        other: (record) => void found.push(Buffer.from(record).readUInt32BE(1)),
      },
    });
    expect(found.filter((id) => id < 100)).toEqual([90, ...row.ids, ...(isLast ? [] : [99])]);
  }
});

function expectCopies(disk: MemoryDisk, { bytes, damages = [], tail }: Row): void {
  const segment = Buffer.concat(bytes);
  for (const [start, end] of tail === undefined ? damages : [...damages, tail]) {
    const name = `segment-1-${String(start).padStart(10, '0')}-${end - start}`;
    const copy = Buffer.from(disk.readFile(`${QUARANTINE}/${name}`));
    expect(copy.equals(segment.subarray(start, end))).toBe(true);
  }
}
