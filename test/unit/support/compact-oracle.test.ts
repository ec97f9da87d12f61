// The oracle of the kills of compactors: what it lets pass, and what it does not.

import { expect, test } from 'vitest';
import { type Found, Oracle } from '../../support/kills/compact/oracle.ts';
import { bitsOf, type Era, type PutBlock, timesOf } from '../../support/kills/compact/put-block.ts';

const HOUR_MS = 3_600_000;

function put(era: Era, hour: number): PutBlock {
  const times = { startMs: hour * HOUR_MS, offsetMs: 30_000, stepMs: 600_000 };
  return { ulid: `${era}${hour}`, tenant: 'a', era, ...times, isLate: false };
}

function sample(series: number, timeMs: number): readonly [number, string] {
  const { low, high } = bitsOf(series, timeMs);
  return [timeMs, high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')];
}

type Layer = 'raw' | 'fiveMinutes' | 'oneHour';

/** What a reader finds of these blocks, each in the layers that are named. */
function found(...blocks: readonly (readonly [PutBlock, ...Layer[]])[]): Found {
  const layers = { raw: new Map(), fiveMinutes: new Map(), oneHour: new Map() };
  for (const [block, ...where] of blocks) {
    for (const [series, name] of ['a s0', 'a s1', 'a s2'].entries()) {
      const times = timesOf(block);
      const add = (layer: Layer, some: readonly (readonly [number, unknown])[]): void => {
        const before = layers[layer].get(name) ?? [];
        layers[layer].set(
          name,
          [...before, ...some].sort(([a], [b]) => a - b),
        );
      };
      if (where.includes('raw'))
        add(
          'raw',
          times.map((timeMs) => sample(series, timeMs)),
        );
      if (where.includes('fiveMinutes'))
        add(
          'fiveMinutes',
          times.map((timeMs) => [timeMs, 1]),
        );
      if (where.includes('oneHour'))
        add(
          'oneHour',
          [0, 1].map((h) => [block.startMs + h * HOUR_MS, 6]),
        );
    }
  }
  return layers;
}

function oracleOf(...blocks: readonly PutBlock[]): Oracle {
  const oracle = new Oracle();
  for (const block of blocks) {
    oracle.mayHave(block);
    oracle.mustHave(block);
  }
  return oracle;
}

/** The same, with one list of the layer changed. */
function changed(
  whole: Found,
  layer: Layer,
  change: (list: (readonly [number, never])[]) => void,
): Found {
  const list = [...(whole[layer].get('a s1') ?? [])] as (readonly [number, never])[];
  change(list);
  return { ...whole, [layer]: new Map<string, unknown>([...whole[layer], ['a s1', list]]) };
}

const KEPT = put('kept', 0);
const OLD = put('old', 10);
const OLDEST = put('oldest', 20);

test('everything that was put there, raw', () => {
  const oracle = oracleOf(KEPT, OLD);
  expect(oracle.check(found([KEPT, 'raw'], [OLD, 'raw', 'fiveMinutes']))).toEqual({
    samples: 72,
    windows: 36,
    retired: 0,
  });
});

test('what retention took, from layer to layer', () => {
  const oracle = oracleOf(OLD, OLDEST);
  oracle.check(found([OLD, 'raw'], [OLDEST, 'raw', 'fiveMinutes']));
  oracle.check(found([OLD, 'fiveMinutes'], [OLDEST, 'fiveMinutes', 'oneHour']));
  const last = found([OLD, 'fiveMinutes'], [OLDEST, 'oneHour']);
  expect(oracle.check(last, { isAtRest: true })).toMatchObject({ retired: 72 });
});

test.each<[string, Found, RegExp]>([
  [
    'a sample is missing',
    changed(found([KEPT, 'raw']), 'raw', (list) => list.splice(3, 1)),
    /a s1: 1830000 \(kept\) is missing/,
  ],
  [
    'a series is missing',
    { ...found(), raw: new Map([...found([KEPT, 'raw']).raw].slice(1)) },
    /a s0: 30000 \(kept\) is missing/,
  ],
  [
    'a sample comes twice',
    changed(found([KEPT, 'raw']), 'raw', (list) => void list.splice(3, 0, list[3]!)),
    /a s1: 1830000 comes after 1830000/,
  ],
  [
    'another value',
    changed(
      found([KEPT, 'raw']),
      'raw',
      (list) => void list.splice(3, 1, [1_830_000, 'ff' as never]),
    ),
    /a s1: ff at 1830000, not/,
  ],
  ['what nobody put there', found([KEPT, 'raw'], [put('kept', 4), 'raw']), /nobody put 14430000/],
  [
    'a 5m window comes twice',
    changed(
      found([KEPT, 'raw', 'fiveMinutes']),
      'fiveMinutes',
      (list) => void list.splice(1, 0, [30_001, 1 as never]),
    ),
    /5m: the window of 30001 comes twice/,
  ],
  [
    'a window counts too much',
    changed(
      found([KEPT, 'raw', 'fiveMinutes']),
      'fiveMinutes',
      (list) => void list.splice(0, 1, [30_000, 2 as never]),
    ),
    /5m: 2 samples at 30000, 1 were put/,
  ],
])('%s', (_, answer, message) => {
  expect(() => oracleOf(KEPT).check(answer)).toThrow(message);
});

test.each<[string, PutBlock, Found, RegExp]>([
  ['raw is gone, and 5m has nothing', OLD, found(), /5m: 1 samples are gone around 36030000/],
  ['the same of the oldest', OLDEST, found(), /1h: 6 samples are gone around 72030000/],
  [
    'raw is gone, and 5m lacks a window',
    OLD,
    changed(found([OLD, 'fiveMinutes']), 'fiveMinutes', (list) => list.splice(2, 1)),
    /a s1 5m: 1 samples are gone/,
  ],
])('%s', (_, block, answer, message) => {
  expect(() => oracleOf(block).check(answer)).toThrow(message);
});

test('what was once there of a coarser layer must stay', () => {
  const oracle = oracleOf(KEPT, OLD);
  oracle.check(found([KEPT, 'raw', 'fiveMinutes', 'oneHour'], [OLD, 'raw']));
  expect(() => oracle.check(found([KEPT, 'raw', 'oneHour'], [OLD, 'raw']))).toThrow(
    /5m: 1 samples at 0 have become 0/,
  );
  expect(() => oracle.check(found([KEPT, 'raw', 'fiveMinutes'], [OLD, 'raw']))).toThrow(
    /1h: 6 samples at 0 have become 0/,
  );
});

test('at rest nothing is left that retention takes', () => {
  const rest = { isAtRest: true };
  expect(() => oracleOf(OLD).check(found([OLD, 'raw', 'fiveMinutes']), rest)).toThrow(
    /still there/,
  );
  const both = found([OLDEST, 'fiveMinutes', 'oneHour']);
  expect(() => oracleOf(OLDEST).check(both, rest)).toThrow(/5m: .* is still there at rest/);
});
