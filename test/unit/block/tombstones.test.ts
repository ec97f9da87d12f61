import { expect, test } from 'vitest';
import { parseTombstones, printTombstones } from '../../../src/block/tombstones/format.ts';
import {
  addInterval,
  type Interval,
  isAllDeleted,
  isDeleted,
} from '../../../src/block/tombstones/intervals.ts';

const interval = (minTimeMs: number, maxTimeMs: number): Interval => ({ minTimeMs, maxTimeMs });

test('an empty file is the one that Prometheus writes', () => {
  const bytes = printTombstones(new Map());
  expect(Buffer.from(bytes).toString('hex')).toBe('0130ba300100000000');
  expect(parseTombstones(bytes, 't').size).toBe(0);
});

test('intervals are read as they were written, ends of int64 rounded', () => {
  const tombstones = new Map([
    [7, [interval(-5, 10), interval(20, 30)]],
    [3, [interval(-(2 ** 63), 2 ** 63 - 1024)]],
  ]);
  const parsed = parseTombstones(printTombstones(tombstones), 't');
  expect([...parsed.keys()]).toEqual([3, 7]);
  expect(parsed.get(7)).toEqual([interval(-5, 10), interval(20, 30)]);
  expect(parsed.get(3)![0]!.minTimeMs).toBe(-(2 ** 63));
});

test('an added interval is merged with all that it overlaps or touches', () => {
  const sorted = [interval(0, 9), interval(20, 29), interval(40, 49)];
  expect(addInterval([], interval(1, 2))).toEqual([interval(1, 2)]);
  expect(addInterval(sorted, interval(11, 18))).toHaveLength(4);
  expect(addInterval(sorted, interval(10, 18))).toEqual([interval(0, 18), ...sorted.slice(1)]);
  expect(addInterval(sorted, interval(5, 45))).toEqual([interval(0, 49)]);
  expect(addInterval(sorted, interval(-9, -5))[0]).toEqual(interval(-9, -5));
  expect(addInterval(sorted, interval(60, 70))[3]).toEqual(interval(60, 70));
});

test('both ends of an interval are deleted', () => {
  const deleted = [interval(10, 20)];
  expect([9, 10, 20, 21].map((timeMs) => isDeleted(deleted, timeMs))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(isAllDeleted(deleted, 10, 20)).toBe(true);
  expect(isAllDeleted(deleted, 10, 21)).toBe(false);
});
