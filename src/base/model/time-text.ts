// Times and durations as people read them. Pure: no clock, no time zone but UTC.

const DAY_MS = 86_400_000;
const DAYS_PER_ERA = 146_097; // 400 years of the Gregorian calendar

/** `2026-11-23T18:00:00.000Z`; what lies outside of the years 0 to 9999 as plain milliseconds. */
export function timeText(timeMs: number): string {
  const day = Math.floor(timeMs / DAY_MS);
  const { year, month, dayOfMonth } = dateOf(day);
  if (!(year >= 0 && year <= 9999)) return String(timeMs);
  const ms = timeMs - day * DAY_MS;
  const hours = pad(Math.floor(ms / 3_600_000), 2);
  const minutes = pad(Math.floor(ms / 60_000) % 60, 2);
  const seconds = pad(Math.floor(ms / 1000) % 60, 2);
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(dayOfMonth, 2)}`;
  return `${date}T${hours}:${minutes}:${seconds}.${pad(Math.floor(ms % 1000), 3)}Z`;
}

// Howard Hinnant's civil_from_days: years begin in March, so that the leap day is the last.
function dateOf(day: number): { year: number; month: number; dayOfMonth: number } {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const ofEra = shifted - era * DAYS_PER_ERA;
  const leaps = Math.floor(ofEra / 1460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
  const yearOfEra = Math.floor((ofEra - leaps) / 365);
  const yearDays = 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const ofYear = ofEra - yearDays;
  const marchMonth = Math.floor((5 * ofYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    dayOfMonth: ofYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

/** As Go prints a duration: `2h0m0s`, `1m30s`, `12.5s`. */
export function durationText(durationMs: number): string {
  const sign = durationMs < 0 ? '-' : '';
  const ms = Math.abs(durationMs);
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = (ms % 60_000) / 1000;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
