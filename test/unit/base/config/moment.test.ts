import { expect, test } from 'vitest';
import { moment, momentMs } from '../../../../src/base/config/moment.ts';

const NOW_MS = Date.UTC(2026, 5, 15);
const DAY_MS = 86_400_000;
const type = moment();
const at = (text: string): number => momentMs(type.parse([text], ''), NOW_MS);

test.each([
  ['2026-01-31T00:00:00Z', Date.UTC(2026, 0, 31)],
  ['2026-01-31T02:00:00+02:00', Date.UTC(2026, 0, 31)],
  ['0000-01-01T00:00:00Z', -62_167_219_200_000],
  ['-2w', NOW_MS - 14 * DAY_MS],
  ['-1d', NOW_MS - DAY_MS],
  ['2h45m', NOW_MS + 9_900_000],
  ['+1h', NOW_MS + 3_600_000],
  ['0', NOW_MS],
])('%s', (text, timeMs) => {
  expect(at(text)).toBe(timeMs);
});

test.each(['', '-', 'yesterday', '2026-01-31', '--1d', '-1x', '2026-13-31T00:00:00Z'])(
  '%j is refused with examples',
  (text) => {
    expect(() => at(text)).toThrow(/must be a time such as .* or a duration such as -2w/);
  },
);

test.each(['2026-01-31T00:00:00Z', '-2w', '1h30m'])('%s is shown as it was written', (text) => {
  expect(type.format(type.parse([text], ''))).toEqual([text]);
});
