// process_* and nodejs_* metrics, from prom-client, as families.

import { collectDefaultMetrics, Registry } from 'prom-client';
import type { FamilyType, MetricFamily } from './metric-family.ts';

/** Reads the metrics of this process. */
export type ReadProcessMetrics = () => Promise<MetricFamily[]>;

/** Starts to watch this process (event loop, garbage collections). Once a process. */
export function watchProcess(): ReadProcessMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return async () => {
    const metrics = await registry.getMetricsAsJSON();
    return metrics.filter(isRightlyNamed).map(toFamily);
  };
}

type PromClientMetric = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];

/** Not so are gauges called `_total` (sums of what is there by type): promtool refuses them. */
function isRightlyNamed(metric: PromClientMetric): boolean {
  return String(metric.type) === 'counter' || !metric.name.endsWith('_total');
}

function toFamily(metric: PromClientMetric): MetricFamily {
  const samples = metric.values.map((value) => ({
    name: 'metricName' in value ? String(value.metricName) : metric.name,
    labels: Object.entries(value.labels).map(
      ([label, text]) => [label, boundText(label, text)] as const,
    ),
    value: value.value,
  }));
  const type = String(metric.type) as FamilyType;
  return { name: metric.name, help: sentence(metric.help), type, samples };
}

function boundText(label: string, value: unknown): string {
  return label === 'le' && value === Number.POSITIVE_INFINITY ? '+Inf' : String(value);
}

function sentence(help: string): string {
  return help.endsWith('.') ? help : `${help}.`;
}
