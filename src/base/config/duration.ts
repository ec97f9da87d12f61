// Durations in Prometheus's syntax: `15d`, `1h30m`, `500ms`, `0`. Units run from large to small,
// each at most once; a year is 365 days. Values are milliseconds.

import { BadValue } from './config-error.ts';

const UNITS: readonly (readonly [suffix: string, ms: number, exactOnly: boolean])[] = [
  ['y', 365 * 86_400_000, true],
  ['w', 7 * 86_400_000, true],
  ['d', 86_400_000, false],
  ['h', 3_600_000, false],
  ['m', 60_000, false],
  ['s', 1000, false],
  ['ms', 1, false],
];

/** Prometheus keeps durations as 64-bit nanoseconds: 292 years. */
const DURATION_MS_MAX = 292 * 365 * 86_400_000;

const SYNTAX = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Milliseconds of a duration. @throws BadValue when it is none */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  const found = SYNTAX.exec(text);
  if (text === '' || found === null) {
    throw new BadValue('must be a duration such as 15d, 2h, 1h30m or 500ms');
  }
  const amounts = found.slice(1);
  const totalMs = UNITS.reduce((sum, [, ms], i) => sum + Number(amounts.at(i) ?? 0) * ms, 0);
  if (totalMs > DURATION_MS_MAX) throw new BadValue('must be a duration of at most 292y');
  return totalMs;
}

/** The shortest text, as Prometheus prints it: weeks and years only when nothing is left over. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  let left = durationMs;
  let text = '';
  for (const [suffix, ms, exactOnly] of UNITS) {
    if (exactOnly && left % ms !== 0) continue;
    const amount = Math.floor(left / ms);
    if (amount > 0) text += `${amount}${suffix}`;
    left -= amount * ms;
  }
  return text;
}
