// What a scrape shows: this thread's store, the stores of the other threads, and the process.
// Values of several threads with the same labels become one by the catalogue's `merge`.

import { CONTENT_TYPE, chooseFormat, expose, exposeNumber } from './exposition.ts';
import { METRIC_CATALOGUE, type MetricName } from './metric-catalogue.ts';
import type { CompatibleName, MetricEntry, MetricMerge } from './metric-entry.ts';
import type { FamilySample, MetricFamily } from './metric-family.ts';
import {
  type MetricSample,
  type MetricSnapshot,
  type MetricStore,
  OVERFLOW,
} from './metric-store.ts';
import type { ReadProcessMetrics } from './process-metrics.ts';

/**
 * Tenants that have a value of their own in the `tenant` label, in the order in which they appear;
 * those beyond are shown together as `<other>`. Without a limit, whoever may send under any name
 * could make a scrape (and the Prometheus behind it) as large as he likes.
 */
export const TENANTS_SHOWN_MAX = 1000;

/** What a registry shows besides its store. */
export interface RegistryOptions {
  /** Also under the names that Prometheus and Thanos use. */
  readonly compatibleNames: boolean;
  /** process_* and nodejs_*; left out in simulations. */
  readonly readProcess?: ReadProcessMetrics;
}

/** Answers scrapes. */
export class MetricRegistry {
  readonly #store: MetricStore;
  readonly #options: RegistryOptions;
  readonly #sources = new Set<() => Promise<MetricSnapshot>>();
  readonly #shownTenants = new Set<string>();

  constructor(store: MetricStore, options: RegistryOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Adds another thread's store; the returned function takes it out again. */
  addSource(read: () => Promise<MetricSnapshot>): () => void {
    this.#sources.add(read);
    return () => this.#sources.delete(read);
  }

  /** Everything, by name. */
  async gather(): Promise<MetricFamily[]> {
    const merged = await this.#collect();
    const families: MetricFamily[] = [];
    for (const [name, cells] of merged) {
      const entry: MetricEntry = METRIC_CATALOGUE[name];
      const samples = [...cells.values()];
      families.push(toFamily(entry, { name }, samples));
      if (!this.#options.compatibleNames) continue;
      for (const other of entry.compatible) families.push(toFamily(entry, other, samples));
    }
    if (this.#options.readProcess !== undefined) {
      families.push(...(await this.#options.readProcess()));
    }
    return families.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The answer to a scrape with this Accept header. */
  async scrape(accept: string | undefined): Promise<{ contentType: string; body: string }> {
    const format = chooseFormat(accept);
    return { contentType: CONTENT_TYPE[format], body: expose(await this.gather(), format) };
  }

  async #collect(): Promise<Map<MetricName, Map<string, MetricSample>>> {
    const reads = await Promise.allSettled([...this.#sources].map((read) => read()));
    const snapshots: MetricSnapshot[] = [];
    for (const read of reads) {
      if (read.status === 'fulfilled') snapshots.push(read.value);
      else this.#store.counter('varve_metrics_source_failures_total', {}).add();
    }
    const merged = new Map<MetricName, Map<string, MetricSample>>();
    for (const { name, samples } of [this.#store.snapshot(), ...snapshots].flat()) {
      const entry: MetricEntry = METRIC_CATALOGUE[name];
      const cells = merged.get(name) ?? new Map<string, MetricSample>();
      merged.set(name, cells);
      for (const sample of samples) {
        const labels = this.#bounded(entry.labels, sample.labels);
        const key = JSON.stringify(labels);
        const before = cells.get(key);
        const one = { ...sample, labels };
        cells.set(key, before === undefined ? one : mergeTwo(before, one, entry.merge));
      }
    }
    return merged;
  }

  #bounded(names: readonly string[], values: readonly string[]): readonly string[] {
    const at = names.indexOf('tenant');
    const tenant = at === -1 ? undefined : values[at];
    if (tenant === undefined || this.#shownTenants.has(tenant)) return values;
    if (this.#shownTenants.size < TENANTS_SHOWN_MAX) {
      this.#shownTenants.add(tenant);
      return values;
    }
    return values.map((value, index) => (index === at ? OVERFLOW : value));
  }
}

function mergeTwo(a: MetricSample, b: MetricSample, merge: MetricMerge): MetricSample {
  const value = merge === 'sum' ? a.value + b.value : Math[merge](a.value, b.value);
  const counts = a.counts.map((count, index) => count + (b.counts[index] ?? 0));
  return { labels: a.labels, value, counts };
}

function toFamily(
  entry: MetricEntry,
  as: CompatibleName,
  samples: readonly MetricSample[],
): MetricFamily {
  const lines = samples.flatMap((sample) => {
    const labels = entry.labels.map((label, index) => [label, sample.labels[index] ?? ''] as const);
    if (entry.kind === 'histogram') return histogramLines(entry, as, labels, sample);
    return [{ name: as.name, labels, value: sample.value * (as.scale ?? 1) }];
  });
  return { name: as.name, help: entry.help, type: as.type ?? entry.kind, samples: lines };
}

function histogramLines(
  entry: MetricEntry,
  as: CompatibleName,
  labels: FamilySample['labels'],
  sample: MetricSample,
): FamilySample[] {
  const lines: FamilySample[] = [];
  const bounds = [...entry.buckets, Number.POSITIVE_INFINITY];
  let count = 0;
  for (const [index, bound] of bounds.entries()) {
    count += sample.counts[index] ?? 0;
    if (as.type === 'summary') continue;
    const le = ['le', exposeNumber(bound)] as const;
    lines.push({ name: `${as.name}_bucket`, labels: [...labels, le], value: count });
  }
  lines.push({ name: `${as.name}_sum`, labels, value: sample.value * (as.scale ?? 1) });
  lines.push({ name: `${as.name}_count`, labels, value: count });
  return lines;
}
