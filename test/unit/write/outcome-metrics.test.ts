import { expect, it } from 'vitest';
import { MetricStore } from '../../../src/base/observe/metric-store.ts';
import type { WriteOutcome } from '../../../src/write/outcome.ts';
import { countOutcome } from '../../../src/write/outcome-metrics.ts';

it('counts what was written by kind, and what was refused by reason', () => {
  const metrics = new MetricStore();
  const outcome = {
    written: { samples: 3, histograms: 0, exemplars: 2 },
    refused: [{ reason: 'too_old', count: 4 }],
  } as unknown as WriteOutcome;
  countOutcome(metrics, 'a', outcome);
  countOutcome(metrics, 'a', outcome);
  const shown = metrics.snapshot().map(({ name, samples }) => {
    return [name, samples.map(({ labels, value }) => [...labels, value])];
  });
  expect(Object.fromEntries(shown)).toMatchObject({
    varve_receive_samples_total: [
      ['a', 'float', 6],
      ['a', 'exemplar', 4],
    ],
    varve_receive_samples_refused_total: [['a', 'too_old', 8]],
  });
});
