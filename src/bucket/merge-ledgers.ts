// The ledgers of threads that each have the store open, as one. Pure.

import type { LedgerRow, LedgerSnapshot } from './request-ledger.ts';

/** Rows of one purpose, class and operation are added up; hours stay in order. */
export function mergeLedgers(a: LedgerSnapshot, b: LedgerSnapshot): LedgerSnapshot {
  const starts = [...a.hours, ...b.hours].map(({ startMs }) => startMs);
  const rowsAt = ({ hours }: LedgerSnapshot, startMs: number): readonly LedgerRow[] =>
    hours.find((hour) => hour.startMs === startMs)?.rows ?? [];
  const hours = [...new Set(starts)]
    .sort((one, other) => one - other)
    .map((startMs) => ({
      startMs,
      rows: mergeRows([...rowsAt(a, startMs), ...rowsAt(b, startMs)]),
    }));
  return {
    sinceMs: Math.min(a.sinceMs, b.sinceMs),
    totals: mergeRows([...a.totals, ...b.totals]),
    hours,
  };
}

function mergeRows(rows: readonly LedgerRow[]): readonly LedgerRow[] {
  const merged = new Map<string, LedgerRow>();
  for (const row of rows) {
    const key = `${row.purpose} ${row.class} ${row.operation}`;
    const before = merged.get(key);
    merged.set(key, before === undefined ? row : sumOf(before, row));
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

function sumOf(a: LedgerRow, b: LedgerRow): LedgerRow {
  return {
    ...a,
    requests: a.requests + b.requests,
    failed: a.failed + b.failed,
    sentBytes: a.sentBytes + b.sentBytes,
    receivedBytes: a.receivedBytes + b.receivedBytes,
  };
}
