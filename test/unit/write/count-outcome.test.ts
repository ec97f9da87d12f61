import { expect, test } from 'vitest';
import { MetricStore } from '../../../src/base/observe/metric-store.ts';
import { countOutcome } from '../../../src/write/count-outcome.ts';
import type { WriteOutcome } from '../../../src/write/outcome.ts';

test('what was written and refused is counted by kind and reason', () => {
  const metrics = new MetricStore();
  const outcome = {
    written: { samples: 3, histograms: 2, exemplars: 0 },
    refused: [{ reason: 'too_old', count: 4 }],
  } as unknown as WriteOutcome;
  countOutcome(metrics, 't', outcome);
  countOutcome(metrics, 't', outcome);
  const counted = metrics
    .snapshot()
    .filter(({ name }) => name.startsWith('varve_receive_samples_'))
    .flatMap(({ samples }) => samples.map(({ labels, value }) => [Object.values(labels), value]));
  expect(counted).toEqual([
    [['t', 'float'], 6],
    [['t', 'histogram'], 4],
    [['t', 'too_old'], 8],
  ]);
});
