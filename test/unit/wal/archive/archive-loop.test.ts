import { expect, it } from 'vitest';
import { ArchiveLoop } from '../../../../src/wal/archive/archive-loop.ts';
import type { ArchiveRound } from '../../../../src/wal/archive/archiver.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';

const ROUND: ArchiveRound = { pieces: 1, bytes: 1, waitingBytes: 0, more: false };

/** A loop whose rounds take what they are given, or throw it. */
function looped(outcomes: (ArchiveRound | Error)[], isOpen = () => true) {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  const begunMs: number[] = [];
  const loop = new ArchiveLoop({
    intervalMs: 1000,
    synced: async () => (isOpen() ? [] : undefined),
    archive: async () => {
      begunMs.push(clock.monotonicMs());
      const outcome = outcomes.shift() ?? ROUND;
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    clock,
    timers: clock,
    logger,
  });
  return { clock, logger, begunMs, loop };
}

it('has a round an interval, and again at once while there is more', async () => {
  const { begunMs, clock, loop } = looped([{ ...ROUND, more: true }, ROUND]);
  loop.start();
  await clock.advance(2000);
  expect(begunMs).toEqual([1000, 1000, 2000]);
});

it('does not ask before the logs are open', async () => {
  let open = false;
  const { begunMs, clock, loop } = looped([], () => open);
  loop.start();
  await clock.advance(1000);
  open = true;
  await clock.advance(1000);
  expect(begunMs).toEqual([2000]);
});

it('tells a failure once a minute, and goes on', async () => {
  const { begunMs, clock, logger, loop } = looped([new Error('away'), new Error('away')]);
  loop.start();
  await clock.advance(3000);
  expect(begunMs).toHaveLength(3);
  expect(logger.records).toHaveLength(1);
});

it('archives a last time when it is drained, and never after', async () => {
  const { begunMs, clock, loop } = looped([]);
  loop.start();
  await clock.advance(1500);
  await loop.drain();
  await clock.advance(5000);
  expect(begunMs).toEqual([1000, 1500]);
});

it('does not hold up the end for longer than its limit when the store says nothing', async () => {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  let rounds = 0;
  const loop = new ArchiveLoop({
    intervalMs: 1000,
    synced: async () => [],
    archive: () => {
      rounds++;
      return new Promise<ArchiveRound>(() => undefined);
    },
    clock,
    timers: clock,
    logger,
  });
  loop.start();
  await clock.advance(1000);
  let drained = false;
  const drain = loop.drain().then(() => {
    drained = true;
  });
  await clock.advance(29_000);
  expect(drained).toBe(false);
  await clock.advance(1000);
  await drain;
  expect(logger.records).toHaveLength(1);
  expect(rounds).toBe(1);
});
