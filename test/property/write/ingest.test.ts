// Ingest over a log that fails at random, against a few lines of obvious code: what was answered as
// written is published and logged, what failed is gone, what comes again is stored once.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WriteOutcome } from '../../../src/write/outcome.ts';
import { syncFailure } from '../../support/fake-log.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { labels, type TestSeries } from '../../support/write-bodies.ts';
import { type FakeStream, NOW_MS, settle, writeWorld } from '../../support/write-world.ts';

interface Point {
  readonly replica: string;
  readonly job: string;
  readonly time: number;
  readonly value: number;
}

const point = fc.record({
  replica: fc.constantFrom('r1', 'r2', ''),
  job: fc.constantFrom('a', 'b', 'c'),
  time: fc.integer({ min: 0, max: 12 }).map((step) => NOW_MS - 120_000 + step),
  value: fc.integer({ min: 0, max: 1 }),
});
const request = fc.record({
  version: fc.constantFrom(1 as const, 2 as const),
  points: fc.array(point, { minLength: 1, maxLength: 8 }),
});

describe('ingest over a log that fails at random', () => {
  it('keeps what it answered, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 20 }),
        fc.integer(),
        async (requests, seed) => {
          const random = new SeededRandom(seed);
          const { world, write } = writeWorld({ blockLabels: ['replica'] });
          world.prepare = ({ log }) => {
            log.isAutomatic = false;
          };
          const answered: Promise<{ points: readonly Point[]; outcome: WriteOutcome }>[] = [];
          for (const { version, points } of requests) {
            const outcome = write(version, points.map(seriesOf));
            answered.push(outcome.then((its) => ({ points, outcome: its })));
            await settle();
            if (random.fraction() < 0.6) await finishSome(world.opened, random);
          }
          while (world.opened.some(({ log }) => log.waitingSyncs > 0)) {
            await finishSome(world.opened, random);
          }
          for (const { points, outcome } of await Promise.all(answered)) {
            check(points, outcome, world.opened);
          }
          for (const { head, log } of world.opened) {
            expect(log.appended).toEqual([]);
            for (const series of head.slots) expect(series?.pending.size ?? 0).toBe(0);
          }
          // Everything again, without failures: each request that lost nothing to a duplicate is a
          // success now, and no time has two values.
          for (const { log } of world.opened) log.isAutomatic = true;
          world.prepare = () => undefined;
          for (const { version, points } of requests) {
            const outcome = await write(version, points.map(seriesOf));
            expect(outcome.error).toBeUndefined();
            const lost = outcome.refused.reduce((sum, { samples }) => sum + samples, 0);
            expect(outcome.written.samples + lost).toBe(points.length);
            check(points, outcome, world.opened);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

function seriesOf({ replica, job, time, value }: Point): TestSeries {
  return {
    labels: labels({ __name__: 'up', job, replica }),
    samples: [{ time, value }],
  };
}

async function finishSome(opened: readonly FakeStream[], random: SeededRandom): Promise<void> {
  for (const { log } of opened) {
    if (random.fraction() < 0.5) continue;
    log.finish(random.fraction() < 0.3 ? syncFailure() : undefined);
    await settle();
  }
}

/** As many samples are there as were written, and all of them when nothing went wrong. */
function check(
  points: readonly Point[],
  outcome: WriteOutcome,
  opened: readonly FakeStream[],
): void {
  const there = points.filter((its) => isPublished(its, opened)).length;
  expect(there).toBeGreaterThanOrEqual(outcome.written.samples);
  if (outcome.error === undefined && outcome.refused.length === 0) {
    expect(outcome.written.samples).toBe(points.length);
    expect(there).toBe(points.length);
  }
}

function isPublished(its: Point, opened: readonly FakeStream[]): boolean {
  const stream = opened.find(({ lifted }) => lifted[0]?.value === its.replica);
  const bits = its.value === 0 ? '0,0' : `0,${0x3ff00000}`;
  // Jobs are the only labels that differ within a stream; slots may have been used again.
  return (
    stream?.head.slots.some(
      (series) =>
        series?.published.get(its.time) === bits &&
        series.ids.some((id) => stream.head.textOf(id) === its.job),
    ) ?? false
  );
}
