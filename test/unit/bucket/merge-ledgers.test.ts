import { expect, test } from 'vitest';
import { mergeLedgers } from '../../../src/bucket/merge-ledgers.ts';
import type { LedgerRow } from '../../../src/bucket/request-ledger.ts';

function row(purpose: LedgerRow['purpose'], requests: number): LedgerRow {
  const counts = { requests, failed: 1, sentBytes: 10, receivedBytes: 2 };
  return { purpose, class: 'write', operation: 'PutObject', ...counts };
}

test('ledgers of two threads are one: rows added up, hours in order', () => {
  const one = {
    sinceMs: 50,
    totals: [row('ship', 3)],
    hours: [
      { startMs: 0, rows: [row('ship', 1)] },
      { startMs: 7, rows: [row('ship', 2)] },
    ],
  };
  const other = {
    sinceMs: 20,
    totals: [row('archive', 5), row('ship', 4)],
    hours: [{ startMs: 7, rows: [row('archive', 5), row('ship', 4)] }],
  };
  const both = { ...row('ship', 7), failed: 2, sentBytes: 20, receivedBytes: 4 };
  const shipLater = { ...both, requests: 6 };
  expect(mergeLedgers(one, other)).toEqual({
    sinceMs: 20,
    totals: [row('archive', 5), both],
    hours: [
      { startMs: 0, rows: [row('ship', 1)] },
      { startMs: 7, rows: [row('archive', 5), shipLater] },
    ],
  });
});
