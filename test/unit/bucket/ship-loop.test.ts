import { expect, it } from 'vitest';
import { ShipLoop } from '../../../src/bucket/ship-loop.ts';
import type { ShipReport } from '../../../src/bucket/shipper.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const NOTHING: ShipReport = {
  uploaded: 0,
  bytesSent: 0,
  found: 0,
  failed: 0,
  removed: 0,
  waiting: 0,
};

it('ships at the start and every 30 seconds, goes on after a failure, and ends with a drain', async () => {
  const timers = new ManualClock();
  const logger = new MemoryLogger();
  let rounds = 0;
  const ship = async (): Promise<ShipReport> => {
    if (++rounds === 1) throw new Error('the store is away');
    return NOTHING;
  };
  const loop = new ShipLoop({ ship, timers, logger });
  loop.start();
  await timers.advance(60_000);
  expect(rounds).toBe(3);
  expect(logger.records.map(({ level }) => level)).toEqual(['error']);
  await loop.drain();
  await timers.advance(60_000);
  expect(rounds).toBe(3);
});

it('has one round at a time, and a failed one does not fail the next', async () => {
  let running = 0;
  let most = 0;
  const ship = async (): Promise<ShipReport> => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
    if (most === 1) throw new Error('the first fails');
    return NOTHING;
  };
  const loop = new ShipLoop({ ship, timers: new ManualClock(), logger: new MemoryLogger() });
  const results = await Promise.allSettled([loop.round(), loop.round(), loop.round()]);
  expect(most).toBe(1);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});
