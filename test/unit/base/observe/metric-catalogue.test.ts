import { describe, expect, it } from 'vitest';
import { METRIC_CATALOGUE } from '../../../../src/base/observe/metric-catalogue.ts';
import type { MetricEntry } from '../../../../src/base/observe/metric-entry.ts';

const entries: [string, MetricEntry][] = Object.entries(METRIC_CATALOGUE);

describe.each(entries)('%s', (name, entry) => {
  it('is named after its kind, with base units', () => {
    expect(name).toMatch(/^varve_[a-z][a-z0-9_]*$/);
    expect(name.endsWith('_total')).toBe(entry.kind === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours|kb|mb|mib|percent)(_|$)/);
  });

  it('has a help sentence, label names of its own, and buckets if it is a histogram', () => {
    expect(entry.help).toMatch(/^[A-Z].*\.$/);
    expect(new Set(entry.labels).size).toBe(entry.labels.length);
    for (const label of entry.labels) {
      expect(label).toMatch(/^[a-z][a-z_]*$/);
      expect(['le', 'quantile', 'job', 'instance']).not.toContain(label);
    }
    expect(entry.buckets.length > 0).toBe(entry.kind === 'histogram');
    expect([...entry.buckets].sort((a, b) => a - b)).toEqual(entry.buckets);
  });
});

it('no name stands for two metrics', () => {
  const names = entries.flatMap(([name, entry]) => [
    name,
    ...entry.compatible.map((other) => other.name),
  ]);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
