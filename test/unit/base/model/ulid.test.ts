import { expect, test } from 'vitest';
import { isUlid, UlidMaker, ulidTimeMs } from '../../../../src/base/model/ulid.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

test('a ULID holds the time that it was made', () => {
  const clock = new ManualClock(1_469_918_176_385);
  const ulid = new UlidMaker(clock, new SeededRandom(1)).next();
  expect(isUlid(ulid)).toBe(true);
  expect(ulid.slice(0, 10)).toBe('01ARYZ6S41'); // the example of the specification
  expect(ulidTimeMs(ulid)).toBe(1_469_918_176_385);
});

test('ULIDs grow within a millisecond, with the clock, and when the clock goes back', () => {
  const clock = new ManualClock(1_000_000);
  const maker = new UlidMaker(clock, new SeededRandom(2));
  let last = '';
  for (let i = 0; i < 1000; i++) {
    if (i % 100 === 50) clock.setNowMs(1_000_000 + i);
    if (i === 700) clock.setNowMs(5);
    const next = maker.next();
    expect(next > last).toBe(true);
    last = next;
  }
});

test('when the random part is all ones, the next ULID is of the next millisecond', () => {
  const ones = {
    u32: () => 0xffff_ffff,
    fraction: () => 0,
    bytes: (n: number) => new Uint8Array(n).fill(255),
  };
  const maker = new UlidMaker(new ManualClock(7), ones);
  expect(ulidTimeMs(maker.next())).toBe(7);
  expect(ulidTimeMs(maker.next())).toBe(8);
});

test.each([
  ['', 'empty'],
  ['01ARYZ6S41TSV4RRFFQ69G5FA', 'too short'],
  ['01ARYZ6S41TSV4RRFFQ69G5FAVV', 'too long'],
  ['81ARYZ6S41TSV4RRFFQ69G5FAV', 'a time of more than 48 bits'],
  ['01ARYZ6S41TSV4RRFFQ69G5FAU', 'a letter that is left out'],
  ['01aryz6s41tsv4rrffq69g5fav', 'lower case'],
  ['../..Z6S41TSV4RRFFQ69G5FAV', 'a path'],
])('%s is not a ULID: %s', (text) => {
  expect(isUlid(text)).toBe(false);
  expect(ulidTimeMs(text)).toBeUndefined();
});
