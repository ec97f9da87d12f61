// A time that is fixed or counted from now, as Thanos's --min-time takes it (thanos pkg/model,
// TimeOrDurationValue): RFC 3339, or a duration that is added to the clock's time, `-2w`.

import { parseIsoTime } from '../runtime/iso-time.ts';
import { BadValue } from './config-error.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { type OptionType, text } from './option-type.ts';

/** Either of the two; times are Unix milliseconds. */
export type Moment =
  | { readonly kind: 'at'; readonly timeMs: number; readonly written: string }
  | { readonly kind: 'from-now'; readonly offsetMs: number };

/** The Unix milliseconds that `moment` stands for when the clock shows `nowMs`. */
export function momentMs(moment: Moment, nowMs: number): number {
  return moment.kind === 'at' ? moment.timeMs : nowMs + moment.offsetMs;
}

/** RFC 3339, or a duration with or without a sign. */
export function moment(): OptionType<Moment> {
  return {
    ...text(),
    name: 'time',
    placeholder: '<time>',
    parse: ([value = '']) => parseMoment(value),
    format: (value) => [formatMoment(value)],
  };
}

function parseMoment(value: string): Moment {
  const timeMs = parseIsoTime(value);
  if (timeMs !== undefined) return { kind: 'at', timeMs, written: value };
  const [, sign = '', duration = ''] = /^([+-]?)(.*)$/s.exec(value) ?? [];
  try {
    const ms = parseDuration(duration);
    return { kind: 'from-now', offsetMs: sign === '-' ? -ms : ms };
  } catch (thrown) {
    if (!(thrown instanceof BadValue)) throw thrown;
    throw new BadValue('must be a time such as 2026-01-31T00:00:00Z, or a duration such as -2w');
  }
}

function formatMoment(value: Moment): string {
  if (value.kind === 'at') return value.written;
  const sign = value.offsetMs < 0 ? '-' : '';
  return `${sign}${formatDuration(Math.abs(value.offsetMs))}`;
}
