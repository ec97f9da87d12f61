import { describe, expect, it } from 'vitest';
import { OwnMetrics, type OwnSeries, ownSeries } from '../../../src/admin/own-metrics.ts';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import type { MetricFamily } from '../../../src/base/observe/metric-family.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const START_MS = 1_000_000;

function family(name: string, samples: MetricFamily['samples']): MetricFamily {
  return { name, help: '', type: 'gauge', samples };
}

function world(write: (series: readonly OwnSeries[]) => Promise<void>) {
  const clock = new ManualClock(START_MS);
  const logger = new MemoryLogger();
  let gathered = 0;
  const own = new OwnMetrics({
    gather: async () => [family('up', [{ name: 'up', labels: [], value: ++gathered }])],
    write,
    instance: 'here:9090',
    clock,
    timers: clock,
    logger,
  });
  return { own, clock, logger };
}

describe('ownSeries', () => {
  it('gives each sample its name, instance and job, sorted, without empty labels', () => {
    const labels = [
      ['tenant', 'a'],
      ['code', ''],
      ['handler', 'write'],
    ] as const;
    const samples = [
      { name: 'h_bucket', labels: [['le', '1'] as const], value: 2 },
      { name: 'h_sum', labels, value: 0.5 },
    ];
    expect(ownSeries([family('h', samples)], 'i', 7)).toEqual([
      {
        labels: [
          ['__name__', 'h_bucket'],
          ['instance', 'i'],
          ['job', 'varve'],
          ['le', '1'],
        ],
        samples: [{ timeMs: 7, value: 2 }],
      },
      {
        labels: [
          ['__name__', 'h_sum'],
          ['handler', 'write'],
          ['instance', 'i'],
          ['job', 'varve'],
          ['tenant', 'a'],
        ],
        samples: [{ timeMs: 7, value: 0.5 }],
      },
    ]);
  });
});

describe('OwnMetrics', () => {
  it('writes at once and every 15 s with the time of the moment, until it is stopped', async () => {
    const written: (readonly [timeMs: number, value: number])[] = [];
    const { own, clock } = world(async (series) => {
      for (const { samples } of series) written.push([samples[0].timeMs, samples[0].value]);
    });
    own.start();
    await clock.advance(30_000);
    own.stop();
    await clock.advance(60_000);
    expect(written).toEqual([
      [START_MS, 1],
      [START_MS + 15_000, 2],
      [START_MS + 30_000, 3],
    ]);
  });

  it('says a failure once, not every round, and goes on', async () => {
    let rounds = 0;
    const { own, clock, logger } = world(async () => {
      rounds++;
      if (rounds < 3) throw new VarveError('disk_full', 'no room');
    });
    own.start();
    await clock.advance(45_000);
    own.stop();
    expect(rounds).toBe(4);
    expect(logger.records).toEqual([
      {
        level: 'warn',
        message: 'own metrics not stored',
        fields: { code: 'disk_full', error: 'no room' },
      },
    ]);
  });
});
