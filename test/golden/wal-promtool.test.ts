// A directory that Varve wrote, read by Debian's promtool (2.42): floats, large records over many
// pages and segments, snappy, a checkpoint, a torn end that was cut, and more behind it.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ByteWriter } from '../../src/base/bytes/byte-writer.ts';
import { NodeDisk } from '../../src/base/runtime/node-disk.ts';
import { walDir, walSegmentFile } from '../../src/block/paths.ts';
import { writeCheckpoint } from '../../src/wal/checkpoint.ts';
import { PAGE_BYTES } from '../../src/wal/format.ts';
import { comparePositions } from '../../src/wal/log.ts';
import { cutTornEnd } from '../../src/wal/repair.ts';
import { replayWal } from '../../src/wal/replay.ts';
import { encodeSamples, makeSampleColumns } from '../../src/wal/samples-record.ts';
import { beginSeries, beginSeriesRecord, writeLabel } from '../../src/wal/series-record.ts';
import { WalLog } from '../../src/wal/wal-log.ts';
import { ignoringSink } from '../support/wal-records.ts';

const PROMTOOL = '/usr/bin/promtool';
const isRequired = process.env.REQUIRE_PEERS === '1';
const isThere = existsSync(PROMTOOL);
const SERIES = 3000;
const START_MS = 1_790_000_000_000;
const text = new TextEncoder();
const disk = new NodeDisk();
let dir = '';

beforeAll(() => {
  dir = mkdtempSync(`${tmpdir()}/varve-wal-`);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function seriesRecord(from: number, to: number): Uint8Array {
  const into = new ByteWriter();
  beginSeriesRecord(into);
  for (let ref = from; ref < to; ref++) {
    beginSeries(ref, 2, into);
    writeLabel(text.encode('__name__'), text.encode('written_by_varve'), into);
    writeLabel(text.encode('n'), text.encode(`s-${ref}`), into);
  }
  return into.view().slice();
}

const bits = new DataView(new ArrayBuffer(8));

function samplesRecord(from: number, to: number, round: number): Uint8Array {
  const columns = makeSampleColumns();
  for (let ref = from; ref < to; ref++) {
    bits.setFloat64(0, ref + round / 4);
    columns.refs.push(ref);
    columns.times.push(START_MS + round * 15_000);
    columns.highs.push(bits.getUint32(0));
    columns.lows.push(bits.getUint32(4));
  }
  const into = new ByteWriter();
  encodeSamples(columns, into);
  return into.view();
}

function openLog(compression: 'none' | 'snappy'): WalLog {
  const clock = { monotonicMs: () => 0 };
  return new WalLog({
    disk,
    dir: walDir(dir),
    clock,
    compression,
    segmentBytesMax: 8 * PAGE_BYTES,
  });
}

/** The rounds 0 … end of all series, as promtool prints them. */
function expectedLines(rounds: number): string[] {
  const lines: string[] = [];
  for (let ref = 1; ref <= SERIES; ref++) {
    for (let round = 0; round < rounds; round++) {
      const labels = `{__name__="written_by_varve", n="s-${ref}"}`;
      lines.push(`${labels} ${ref + round / 4} ${START_MS + round * 15_000}`);
    }
  }
  return lines.sort();
}

function dump(): string[] {
  const options = { encoding: 'utf8', maxBuffer: 1 << 28 } as const;
  const printed = execFileSync(PROMTOOL, ['tsdb', 'dump', dir], options);
  return printed.trimEnd().split('\n').sort();
}

test.skipIf(!isThere && !isRequired)('promtool reads every sample, again and again', async () => {
  const first = openLog('none');
  first.append(seriesRecord(1, SERIES + 1));
  for (let round = 0; round < 3; round++) first.append(samplesRecord(1, SERIES + 1, round));
  await first.sync();
  expect(dump()).toEqual(expectedLines(3));

  // Killed, without closing; then more, compressed, by the next process.
  const second = openLog('snappy');
  for (let round = 3; round < 6; round++) {
    second.append(samplesRecord(1, SERIES + 1, round));
    await second.sync();
    if (round < 5) second.nextSegment();
  }
  expect(second.position().segment).toBeGreaterThan(1);
  expect(dump()).toEqual(expectedLines(6));

  // Killed within a write: the torn end is cut before the next segment begins.
  const torn = second.syncedPosition();
  const path = walSegmentFile(walDir(dir), torn.segment);
  const file = disk.openSync(path, 'update');
  file.write(Uint8Array.of(1, 0x10, 0, 1, 2, 3, 4, 5, 6, 7), torn.offset);
  file.close();
  const sink = ignoringSink();
  const report = await replayWal({ disk, dir: walDir(dir), sink });
  expect(report.end).toEqual(torn);
  if (report.torn === undefined) expect.fail('the end is torn');
  cutTornEnd(disk, report.torn);
  const third = openLog('none');
  third.append(samplesRecord(1, SERIES + 1, 6));
  await third.close();
  expect(dump()).toEqual(expectedLines(7));

  // A checkpoint of everything but the last segment.
  const through = third.position().segment - 2;
  const checkpoint = await writeCheckpoint({
    disk,
    dir: walDir(dir),
    through,
    isLive: () => false,
    isCovered: (at) => comparePositions(at, { segment: 0, offset: 0 }) < 0,
    quarantineDir: `${dir}/quarantine`,
  });
  expect(checkpoint.segmentsRemoved).toBeGreaterThan(1);
  expect(dump()).toEqual(expectedLines(7));
});
