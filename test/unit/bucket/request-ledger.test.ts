import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { HOURS_KEPT, RequestLedger } from '../../../src/bucket/request-ledger.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 1, 10, 30);

function world() {
  const clock = new ManualClock(START);
  const told: string[] = [];
  const ledger = new RequestLedger(clock, (purpose, { operation }) =>
    told.push(`${purpose} ${operation}`),
  );
  const bucket = new MemoryBucket(clock);
  return { clock, told, ledger, bucket };
}

describe('RequestLedger', () => {
  it('counts requests and bytes by purpose, class and operation', async () => {
    const { ledger, bucket, told } = world();
    const ship = ledger.bucketFor(bucket, 'ship');
    const tool = ledger.bucketFor(bucket, 'tool');
    await ship.put('a', bytesSource(Buffer.from('12345')));
    await ship.put('b', bytesSource(Buffer.from('123')));
    for await (const piece of tool.get('a')) expect(piece).toHaveLength(5);
    const conflict = ship.put('a', bytesSource(Buffer.from('1')), { ifAbsent: true });
    await expect(conflict).rejects.toMatchObject({ code: 'already_exists' });
    const short = { sizeBytes: 9, read: () => bytesSource(Buffer.from('1')).read(0, 1) };
    await expect(ship.put('a', short)).rejects.toMatchObject({ code: 'damaged_object' });
    const put = { purpose: 'ship', class: 'write', operation: 'put' };
    const get = { purpose: 'tool', class: 'read', operation: 'get' };
    const rows = [
      { ...put, requests: 4, failed: 1, sentBytes: 18, receivedBytes: 0 },
      { ...get, requests: 1, failed: 0, sentBytes: 0, receivedBytes: 5 },
    ];
    expect(ledger.snapshot()).toEqual({
      sinceMs: START,
      totals: rows,
      hours: [{ startMs: START - HOUR_MS / 2, rows }],
    });
    expect(told).toEqual(['ship put', 'ship put', 'tool get', 'ship put', 'ship put']);
  });

  it('keeps two days of hours, and all of the totals', async () => {
    const { ledger, bucket, clock } = world();
    const list = ledger.bucketFor(bucket, 'list');
    for (let hour = 0; hour < 60; hour++) {
      await list.exists('a');
      await clock.advance(HOUR_MS);
    }
    await list.exists('a');
    const { hours, totals } = ledger.snapshot();
    expect(hours).toHaveLength(HOURS_KEPT);
    expect(hours.at(-1)?.startMs).toBe(START + 60 * HOUR_MS - HOUR_MS / 2);
    expect(totals.map(({ requests }) => requests)).toEqual([61]);
  });

  it('forgets the hours ahead when somebody sets the clock back', async () => {
    const { ledger, bucket, clock } = world();
    const list = ledger.bucketFor(bucket, 'list');
    clock.setNowMs(START + 1000 * HOUR_MS);
    await list.exists('a');
    clock.setNowMs(START);
    await list.exists('a');
    expect(ledger.snapshot().hours.map(({ startMs }) => startMs)).toEqual([START - HOUR_MS / 2]);
  });

  it('is bounded whatever an adapter calls its requests', () => {
    const { ledger, bucket } = world();
    let observe: Parameters<MemoryBucket['observedBy']>[0] = () => undefined;
    bucket.observedBy = (told) => {
      observe = told;
      return bucket;
    };
    ledger.bucketFor(bucket, 'ship');
    const request = { class: 'read', sentBytes: 0, receivedBytes: 0, ok: true } as const;
    for (let i = 0; i < 1000; i++) observe({ ...request, operation: `get ${i}` });
    const { totals } = ledger.snapshot();
    expect(totals).toHaveLength(257);
    expect(totals.find(({ operation }) => operation === '<other>')?.requests).toBe(744);
  });
});
