// A segment with damage in it, row by row: which records are read all the same, what is told of the
// rest. Each row is also read as the last segment and as one with another behind it.

import { expect, test } from 'vitest';
import { PAGE_BYTES } from '../../src/wal/format.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { replayOpaque } from '../support/wal-records.ts';
import { FIRST, fragment, full, LAST, MIDDLE, page, ROWS, record } from './wal-rows.ts';

const DIR = '/t/wal';

function put(disk: MemoryDisk, name: string, bytes: Uint8Array): void {
  disk.makeDir(DIR);
  const file = disk.openSync(`${DIR}/${name}`, 'create');
  if (bytes.length > 0) file.write(bytes, 0);
  file.close();
}

test.each(ROWS)('$name', async ({ bytes, damages = [], ids, tail }) => {
  const segment = Buffer.concat(bytes);
  const disk = new MemoryDisk();
  put(disk, '00000000', segment);
  const { ids: found, report } = await replayOpaque(disk, DIR);
  expect(found).toEqual(ids);
  expect(report.damages.map(spanOf)).toEqual(damages);
  expect(report.torn === undefined ? undefined : spanOf(report.torn)).toEqual(tail);
  for (const damage of [...report.damages, ...(report.torn === undefined ? [] : [report.torn])]) {
    const copy = disk.readFile(damage.quarantined ?? '');
    const original = segment.subarray(damage.offset, damage.offset + damage.lengthBytes);
    expect(Buffer.compare(copy, original)).toBe(0);
  }
  // Nothing was changed.
  expect(Buffer.compare(disk.readFile(`${DIR}/00000000`), segment)).toBe(0);

  put(disk, '00000001', full(99));
  const followed = await replayOpaque(disk, DIR);
  expect(followed.ids).toEqual([...ids, 99]);
  expect(followed.report.torn).toBeUndefined();
  expect(followed.report.damages.map(spanOf)).toEqual(
    tail === undefined ? damages : [...damages, tail],
  );
});

function spanOf(damage: { offset: number; lengthBytes: number; reason: string }) {
  return [damage.offset, damage.offset + damage.lengthBytes, damage.reason];
}

test('a record over the limit costs itself, however many fragments it has', async () => {
  const disk = new MemoryDisk();
  const huge = record(2, 3 * 1024 * 1024);
  const parts: Buffer[] = [page(full(1))];
  for (let at = 0; at < huge.length; at += PAGE_BYTES - 7) {
    const end = Math.min(huge.length, at + PAGE_BYTES - 7);
    parts.push(
      fragment(at === 0 ? FIRST : end === huge.length ? LAST : MIDDLE, huge.subarray(at, end)),
    );
  }
  const bytes = Buffer.concat([...parts, full(3)]);
  put(disk, '00000000', bytes);
  const { ids, report } = await replayOpaque(disk, DIR, { recordBytesMax: 1024 * 1024 });
  expect(ids).toEqual([1, 3]);
  expect(report.damages).toMatchObject([
    { offset: PAGE_BYTES, lengthBytes: bytes.length - 27 - PAGE_BYTES },
  ]);
});

test('a missing segment is told, and the rest is read', async () => {
  const disk = new MemoryDisk();
  put(disk, '00000003', full(3));
  put(disk, '00000006', full(6));
  const { ids, report } = await replayOpaque(disk, DIR);
  expect(ids).toEqual([3, 6]);
  expect(report.damages).toMatchObject([{ segment: 4, reason: 'missing up to segment 5' }]);
});

test('a checkpoint without files is passed over for the one before it', async () => {
  const disk = new MemoryDisk();
  disk.makeDir(`${DIR}/checkpoint.00000001`);
  disk.makeDir(`${DIR}/checkpoint.00000002`);
  disk.makeDir(`${DIR}/checkpoint.00000003.tmp`);
  put(disk, 'checkpoint.00000001/00000000', full(1));
  for (const n of [1, 2, 3]) put(disk, `0000000${n}`, full(10 + n));
  const { ids, positions, report } = await replayOpaque(disk, DIR);
  expect(ids).toEqual([1, 12, 13]);
  expect(positions[0]).toEqual({ segment: 1, offset: Number.POSITIVE_INFINITY });
  expect(report.checkpoint).toBe(1);
});
