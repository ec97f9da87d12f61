// process_* and nodejs_* metrics, from prom-client, as families.

import { collectDefaultMetrics, Registry } from 'prom-client';
import type { FamilyType, MetricFamily } from './metric-family.ts';

/** Reads the metrics of this process. */
export type ReadProcessMetrics = () => Promise<MetricFamily[]>;

/** Starts to watch this process (event loop, garbage collections). Once a process. */
export function watchProcess(): ReadProcessMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return async () => (await registry.getMetricsAsJSON()).map((metric) => toFamily(metric));
}

type PromClientMetric = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];

function toFamily(metric: PromClientMetric): MetricFamily {
  const type = String(metric.type) as FamilyType;
  // prom-client has gauges called _total, which Prometheus's own linter refuses.
  const name = type === 'counter' ? metric.name : metric.name.replace(/_total$/, '');
  const samples = metric.values.map((value) => ({
    name: ('metricName' in value ? String(value.metricName) : metric.name).replace(
      metric.name,
      name,
    ),
    labels: Object.entries(value.labels).map(
      ([label, text]) => [label, bound(label, text)] as const,
    ),
    value: value.value,
  }));
  return { name, help: sentence(metric.help), type, samples };
}

function bound(label: string, value: unknown): string {
  return label === 'le' && value === Number.POSITIVE_INFINITY ? '+Inf' : String(value);
}

function sentence(help: string): string {
  return help.endsWith('.') ? help : `${help}.`;
}
