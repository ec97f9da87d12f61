// Damaged logs on every reader: dump, verify, a checkpoint of all, and an engine that starts on the
// directory, takes writes, cuts, ends and starts again. Damage costs itself only, is told, and
// nothing of it is deleted.

import { expect, test } from 'vitest';
import {
  checkpointAll,
  copyOf,
  lineOf,
  liveOn,
  QUARANTINE,
  runTool,
  samplesInLog,
  WAL,
} from '../../support/log-readers.ts';
import { samplesRecord, writeLog } from '../../support/log-records.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { ALL, goodLog, type LogRow, ROWS, T } from './rows.ts';

/** As rows name them: the series' name and the seconds since T. */
function shortOf(line: string): string {
  const parts = /__name__=(?:")?([^",}@]+).*?(-?\d+)$/.exec(line);
  return `${parts?.[1]}@${(Number(parts?.[2]) - T) / 1000}`;
}

async function damagedLog(row: LogRow): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await goodLog(disk);
  await row.damage(disk);
  return disk;
}

const sorted = (names: readonly string[]): string[] => [...new Set(names)].toSorted();

/** Everything in quarantine, in one piece. */
function quarantinedBytes(disk: MemoryDisk): Buffer {
  const files = disk.allFiles().filter((path) => path.startsWith(QUARANTINE));
  return Buffer.concat(files.map((path) => disk.readFile(path)));
}

function expectQuarantined(disk: MemoryDisk, records: readonly Uint8Array[] = []): void {
  const bytes = quarantinedBytes(disk);
  for (const record of records) expect(bytes.includes(Buffer.from(record))).toBe(true);
}

test.each(ROWS)('$name: dump gives the rest', async (row) => {
  await expectDump(await damagedLog(row), row);
});

async function expectDump(disk: MemoryDisk, { kept = ALL, orphans = 0 }: LogRow): Promise<void> {
  const found = new Set((await samplesInLog(disk)).map(shortOf));
  expect(kept.filter((name) => !found.has(name))).toEqual([]);
  expect(found.size).toBeLessThanOrEqual(kept.length + orphans);
}

test.each(ROWS)('$name: verify tells it', async (row) => {
  const { code, out } = await runTool(await damagedLog(row), 'verify', '/data/tsdb/t');
  const wanted = row.verified ?? row.told;
  const findings = out.slice(0, -1);
  if (wanted === undefined) expect([code, findings]).toEqual([0, []]);
  else expect(findings.join('\n')).toMatch(wanted);
  // Nothing else is found; what does no harm ends with 0.
  expect(findings).toHaveLength(wanted === undefined ? 0 : (row.findings ?? 1));
  const isHarmless = findings.every((line) => line.startsWith('info: '));
  expect(code).toBe(isHarmless ? 0 : 1);
});

test.each(ROWS)('$name: a checkpoint keeps the rest, and what goes is set aside', async (row) => {
  const disk = await damagedLog(row);
  await checkpointAll(disk);
  await expectDump(disk, row);
  // The last segment stays: what is in it has not left the log.
  await checkpointAll(await withOneMore(disk));
  expectQuarantined(disk, row.quarantined);
  const orphans = disk.stat(QUARANTINE) === undefined ? [] : disk.list(QUARANTINE);
  const logs = orphans.filter(({ name }) => name.startsWith('orphans-'));
  let found = 0;
  for (const { name } of logs) found += await orphansIn(disk, `${QUARANTINE}/${name}`);
  expect(found).toBe(row.orphans ?? 0);
});

/** Samples that a set-aside log holds, with labels or without. */
async function orphansIn(disk: MemoryDisk, dir: string): Promise<number> {
  const { out, err } = await runTool(disk, 'dump', dir);
  const unnamed = /(\d+) samples of series not in the log/.exec(err.join('\n'))?.[1] ?? '0';
  return out.length + Number(unnamed);
}

async function withOneMore(disk: MemoryDisk): Promise<MemoryDisk> {
  await writeLog(disk, WAL, [[samplesRecord([1, T, 1])]]);
  return disk;
}

test.each(ROWS)('$name: an engine starts, takes writes, cuts, starts again', async (row) => {
  const { disk, logged, started, stored } = await liveOn(await damagedLog(row));
  const found = stored.filter((key) => !key.includes('life')).map(shortOf);
  expect(found.toSorted()).toEqual(sorted(row.kept ?? ALL));
  expect(stored.filter((key) => key.includes('life'))).toHaveLength(2);
  const lines = started.filter(({ level }) => level === 'error').map(lineOf);
  if (row.told === undefined) expect(lines).toEqual([]);
  else expect(lines.join('\n')).toMatch(row.told);
  expect(logged.map(lineOf).join('\n')).not.toMatch(/not truncated|not cut|not opened|must hold/);
  expectQuarantined(disk, row.quarantined);
});

test.each(ROWS)('$name: a power loss after that loses nothing of the rest', async (row) => {
  const { disk } = await liveOn(await damagedLog(row));
  const { stored } = await liveOn(copyOf(disk.crash()), Date.UTC(2026, 0, 1) + 3_600_000);
  const found = stored.filter((key) => !key.includes('life')).map(shortOf);
  expect(found.toSorted()).toEqual(sorted(row.kept ?? ALL));
});
