// Times as Thanos's flags take them: RFC 3339, or a duration from now (`-1d` is yesterday).

import { isoTime, parseIsoTime } from '../runtime/iso-time.ts';
import { BadValue } from './config-error.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { type OptionType, text } from './option-type.ts';

/** A point in time, or a distance from a moment that whoever uses it knows. */
export type TimeOrDuration =
  | { readonly kind: 'time'; readonly timeMs: number }
  | { readonly kind: 'fromNow'; readonly deltaMs: number };

const EXAMPLES = 'must be a time such as 2026-01-31T00:00:00Z, or a duration from now such as -1d';

/** A time, or a duration from now. */
export function timeOrDuration(): OptionType<TimeOrDuration> {
  return {
    ...text('time'),
    parse: (values) => parseTimeOrDuration(values.at(0) ?? ''),
    format: (value) => [formatTimeOrDuration(value)],
  };
}

/** The moment that is meant, Unix milliseconds. */
export function momentOf(value: TimeOrDuration, nowMs: number): number {
  return value.kind === 'time' ? value.timeMs : nowMs + value.deltaMs;
}

function parseTimeOrDuration(value: string): TimeOrDuration {
  const timeMs = parseIsoTime(value);
  if (timeMs !== undefined) return { kind: 'time', timeMs };
  const sign = value.startsWith('-') ? -1 : 1;
  try {
    return { kind: 'fromNow', deltaMs: sign * parseDuration(value.replace(/^[-+]/, '')) };
  } catch (thrown) {
    if (thrown instanceof BadValue) throw new BadValue(EXAMPLES);
    throw thrown;
  }
}

function formatTimeOrDuration(value: TimeOrDuration): string {
  if (value.kind === 'time') return isoTime(value.timeMs);
  return (value.deltaMs < 0 ? '-' : '') + formatDuration(Math.abs(value.deltaMs));
}
