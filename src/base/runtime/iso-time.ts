// Times as people and JSON read them. It asks no clock; it stands here because it needs `Date`,
// which nothing outside this folder uses.

/** A Unix time in milliseconds as RFC 3339 in UTC: 2026-01-31T00:00:00.000Z. */
export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** The Unix time in milliseconds of an RFC 3339 text; undefined when it is none. */
export function parseIsoTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text)) return undefined;
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
