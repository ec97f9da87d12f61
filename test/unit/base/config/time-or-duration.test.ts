import { expect, test } from 'vitest';
import { momentOf, timeOrDuration } from '../../../../src/base/config/time-or-duration.ts';

const NOW_MS = Date.UTC(2026, 0, 31);
const DAY_MS = 86_400_000;
const type = timeOrDuration();

test.each<[string, number, string]>([
  ['2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1), '2026-01-01T00:00:00.000Z'],
  ['2026-01-01T01:00:00.500+01:00', Date.UTC(2026, 0, 1) + 500, '2026-01-01T00:00:00.500Z'],
  ['-1d', NOW_MS - DAY_MS, '-1d'],
  ['2h45m', NOW_MS + 9_900_000, '2h45m'],
  ['+1d', NOW_MS + DAY_MS, '1d'],
  ['0', NOW_MS, '0s'],
])('%s', (text, momentMs, printed) => {
  const value = type.parse([text], 'here');
  expect(momentOf(value, NOW_MS)).toBe(momentMs);
  expect(type.format(value)).toEqual([printed]);
});

test.each(['', 'yesterday', '2026-01-01', '--1d', '1', '-', '2026-13-01T00:00:00Z'])(
  '%j is none',
  (text) => {
    expect(() => type.parse([text], 'here')).toThrow(/must be a time such as/);
  },
);
