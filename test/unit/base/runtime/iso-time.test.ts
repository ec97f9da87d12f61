import { expect, it } from 'vitest';
import { isoTime, parseIsoTime } from '../../../../src/base/runtime/iso-time.ts';

it('writes and reads RFC 3339', () => {
  const timeMs = Date.UTC(2026, 0, 31, 1, 2, 3, 4);
  expect(isoTime(timeMs)).toBe('2026-01-31T01:02:03.004Z');
  expect(parseIsoTime('2026-01-31T01:02:03.004Z')).toBe(timeMs);
  expect(parseIsoTime('2026-01-31T02:02:03.004+01:00')).toBe(timeMs);
  for (const wrong of ['', '2026', '2026-01-31', 'yesterday', '2026-13-31T00:00:00Z']) {
    expect(parseIsoTime(wrong)).toBeUndefined();
  }
});
