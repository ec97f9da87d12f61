// The values of this thread's metrics. Each thread has one store; the main thread's registry reads
// its own and, by messages, those of the others (`snapshot` is plain data).
// A handle is taken once and kept: adding to it is adding to a number.

import { assert } from '../errors/assert.ts';
import {
  type LabelsOf,
  METRIC_CATALOGUE,
  type MetricName,
  type NameOfKind,
} from './metric-catalogue.ts';
import type { MetricEntry } from './metric-entry.ts';

/** Label sets one metric may have in one thread; what comes beyond shares one set (`OVERFLOW`). */
export const CELLS_PER_METRIC_MAX = 20_000;

/** Stands for all label values beyond a limit; no tenant can have this name. */
export const OVERFLOW = '<other>';

/** One set of labels with its value; a histogram also has counts per bucket (not cumulative). */
export interface MetricSample {
  /** Label values in the order of the catalogue. */
  readonly labels: readonly string[];
  /** The value; of a histogram, the sum of what was observed. */
  readonly value: number;
  /** A histogram's counts, one more than it has bounds; empty for other kinds. */
  readonly counts: readonly number[];
}

/** All values of a store at one moment; can be sent to another thread. */
export type MetricSnapshot = readonly {
  readonly name: MetricName;
  readonly samples: readonly MetricSample[];
}[];

/** Counts. */
export interface Counter {
  add(amount?: number): void;
  /** For totals that are counted elsewhere and read at scrape time. */
  setTotal(total: number): void;
}

/** Shows. */
export interface Gauge {
  set(value: number): void;
  add(amount: number): void;
}

/** Distributes. */
export interface Histogram {
  observe(value: number): void;
}

class Cell implements Counter, Gauge, Histogram {
  readonly labels: readonly string[];
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #value = 0;

  constructor(labels: readonly string[], entry: MetricEntry) {
    this.labels = labels;
    this.#bounds = entry.buckets;
    this.#counts = entry.kind === 'histogram' ? new Array(entry.buckets.length + 1).fill(0) : [];
  }

  add(amount = 1): void {
    this.#value += amount;
  }

  set(value: number): void {
    this.#value = value;
  }

  setTotal(total: number): void {
    this.#value = total;
  }

  observe(value: number): void {
    this.#value += value;
    const found = this.#bounds.findIndex((bound) => value <= bound);
    const bucket = found === -1 ? this.#bounds.length : found;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  sample(): MetricSample {
    return { labels: this.labels, value: this.#value, counts: [...this.#counts] };
  }
}

/** See the head of the file. */
export class MetricStore {
  readonly #cells = new Map<MetricName, Map<string, Cell>>();
  readonly #hooks: (() => void)[] = [];

  constructor() {
    // Without labels there is no reason not to show zero from the start: rates need it.
    for (const name of Object.keys(METRIC_CATALOGUE) as MetricName[]) {
      const { kind, labels } = METRIC_CATALOGUE[name];
      if (kind !== 'gauge' && labels.length === 0) this.#cell(name, {});
    }
  }

  counter<N extends NameOfKind<'counter'>>(name: N, labels: LabelsOf<N>): Counter {
    return this.#cell(name, labels);
  }

  gauge<N extends NameOfKind<'gauge'>>(name: N, labels: LabelsOf<N>): Gauge {
    return this.#cell(name, labels);
  }

  histogram<N extends NameOfKind<'histogram'>>(name: N, labels: LabelsOf<N>): Histogram {
    return this.#cell(name, labels);
  }

  /** Drops everything with this tenant. Handles taken before count for nobody. */
  forgetTenant(tenant: string): void {
    for (const [name, cells] of this.#cells) {
      const at = (METRIC_CATALOGUE[name].labels as readonly string[]).indexOf('tenant');
      if (at === -1) continue;
      for (const [key, cell] of cells) if (cell.labels[at] === tenant) cells.delete(key);
    }
  }

  /** Runs `hook` before each snapshot, to set what is counted elsewhere. */
  beforeSnapshot(hook: () => void): void {
    this.#hooks.push(hook);
  }

  snapshot(): MetricSnapshot {
    for (const hook of this.#hooks) hook();
    return [...this.#cells].map(([name, cells]) => ({
      name,
      samples: [...cells.values()].map((cell) => cell.sample()),
    }));
  }

  #cell(name: MetricName, labels: Readonly<Record<string, string>>): Cell {
    const entry: MetricEntry = METRIC_CATALOGUE[name];
    let cells = this.#cells.get(name);
    if (cells === undefined) {
      cells = new Map();
      this.#cells.set(name, cells);
    }
    let values = entry.labels.map((label) => {
      const value = labels[label];
      assert(value !== undefined, `${name} is given its label ${label}`);
      return value;
    });
    let key = JSON.stringify(values);
    if (!cells.has(key) && cells.size >= CELLS_PER_METRIC_MAX) {
      values = values.map(() => OVERFLOW);
      key = JSON.stringify(values);
    }
    let cell = cells.get(key);
    if (cell === undefined) {
      cell = new Cell(values, entry);
      cells.set(key, cell);
    }
    return cell;
  }
}
