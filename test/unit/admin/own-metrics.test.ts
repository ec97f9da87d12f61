import { describe, expect, it } from 'vitest';
import { OwnMetrics, ownSeries } from '../../../src/admin/own-metrics.ts';
import type { MetricFamily } from '../../../src/base/observe/metric-family.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

const labels = [
  ['tenant', 'a'],
  ['empty', ''],
] as const;
const families: readonly MetricFamily[] = [
  { name: 'x_total', help: '', type: 'counter', samples: [{ name: 'x_total', labels, value: 3 }] },
];

it('a family becomes series as a scrape would make them: sorted, without empty labels', () => {
  expect(ownSeries(families, 'host:1', 7)).toEqual([
    {
      labels: [
        ['__name__', 'x_total'],
        ['instance', 'host:1'],
        ['job', 'varve'],
        ['tenant', 'a'],
      ],
      samples: [{ timeMs: 7, value: 3 }],
    },
  ]);
});

describe('OwnMetrics', () => {
  it('writes at the start and every 15 seconds; a failure is told and the next round goes on', async () => {
    const clock = new ManualClock();
    const logger = new MemoryLogger();
    let writes = 0;
    const own = new OwnMetrics({
      gather: async () => families,
      write: async () => {
        if (++writes === 1) throw new Error('replaying');
      },
      instance: 'host:1',
      clock,
      timers: clock,
      logger,
    });
    own.start();
    await clock.advance(30_000);
    expect(writes).toBe(3);
    expect(logger.records.map(({ level }) => level)).toEqual(['warn']);
    own.stop();
    await clock.advance(30_000);
    expect(writes).toBe(3);
  });
});
