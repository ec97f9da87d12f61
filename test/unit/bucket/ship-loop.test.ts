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
  more: false,
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

/** Rounds that take a second each; those numbered in `failing` reject. */
function slow(failing: readonly number[] = []) {
  const clock = new ManualClock();
  const seen = { begunMs: [] as number[], ended: 0, mostAtOnce: 0 };
  const ship = async (): Promise<ShipReport> => {
    const number = seen.begunMs.push(clock.monotonicMs());
    seen.mostAtOnce = Math.max(seen.mostAtOnce, number - seen.ended);
    await clock.sleep(1000);
    seen.ended++;
    if (failing.includes(number)) throw new Error('the store is away');
    return NOTHING;
  };
  return { clock, seen, loop: new ShipLoop({ ship, timers: clock, logger: new MemoryLogger() }) };
}

it('has one round at a time, and a failed one does not fail the next', async () => {
  const { clock, seen, loop } = slow([2]);
  loop.soon();
  const results = Promise.allSettled([loop.round(), loop.round()]);
  await clock.advance(3000);
  expect((await results).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(seen).toEqual({ begunMs: [0, 1000, 2000], ended: 3, mostAtOnce: 1 });
});

it('a drain waits for what was asked for before it; a cut after it ships nothing', async () => {
  const { clock, seen, loop } = slow();
  loop.start();
  loop.soon();
  let drained = false;
  const drain = loop.drain().then(() => {
    drained = true;
  });
  loop.soon();
  await clock.advance(1999);
  expect(drained).toBe(false);
  await clock.advance(1);
  await drain;
  loop.soon();
  await clock.advance(60_000);
  expect(seen).toEqual({ begunMs: [0, 1000], ended: 2, mostAtOnce: 1 });
});

it('goes on at once while a round ends at its own limit, and adds up what was done', async () => {
  const timers = new ManualClock();
  const orders: boolean[] = [];
  let looks = 0;
  const ship = async ({ retryAll }: { retryAll: boolean }): Promise<ShipReport> => {
    orders.push(retryAll);
    const left = 5 - 2 * orders.length;
    return { ...NOTHING, uploaded: left < 0 ? 1 : 2, waiting: Math.max(left, 0), more: left > 0 };
  };
  const onRound = (): void => void looks++;
  const loop = new ShipLoop({ ship, onRound, timers, logger: new MemoryLogger() });
  expect(await loop.round()).toEqual({ ...NOTHING, uploaded: 5 });
  // What was postponed is tried once.
  expect(orders).toEqual([true, false, false]);
  expect(looks).toBe(3);
});

it('a drain lets the round under way end early, and begins no other', async () => {
  const timers = new ManualClock();
  let rounds = 0;
  let isEnding = false;
  const ship = async (): Promise<ShipReport> => {
    rounds++;
    while (!isEnding) await timers.sleep(1000);
    return { ...NOTHING, more: true };
  };
  const end = async (): Promise<void> => {
    isEnding = true;
  };
  const loop = new ShipLoop({ ship, end, timers, logger: new MemoryLogger() });
  loop.start();
  await timers.advance(10);
  const drained = loop.drain();
  await timers.advance(1000);
  await drained;
  expect(rounds).toBe(1);
});
