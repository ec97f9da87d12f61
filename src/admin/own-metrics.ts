// Varve writes its own metrics into a tenant of its own, as if a Prometheus scraped and sent them:
// a first start shows data at once, and the history of a Varve is in its own bucket.

import { asVarveError } from '../base/errors/varve-error.ts';
import { LimitedLog } from '../base/observe/limited-log.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { MetricFamily } from '../base/observe/metric-family.ts';
import type { Clock } from '../base/runtime/clock.ts';
import type { Cancel, Timers } from '../base/runtime/timers.ts';

/** Between two samples, as most scrape configurations have it. */
const EVERY_MS = 15_000;

/** One series with its sample; labels sorted by name. */
export interface OwnSeries {
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly samples: readonly [{ readonly timeMs: number; readonly value: number }];
}

export interface OwnMetricsOptions {
  readonly gather: () => Promise<readonly MetricFamily[]>;
  /** Takes the series to the engine; rejects when they were not stored. */
  readonly write: (series: readonly OwnSeries[]) => Promise<void>;
  /** The `instance` label: where this Varve listens. */
  readonly instance: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

export class OwnMetrics {
  readonly #options: OwnMetricsOptions;
  readonly #log: LimitedLog;
  #cancel: Cancel = () => undefined;

  constructor(options: OwnMetricsOptions) {
    this.#options = options;
    this.#log = new LimitedLog(options.logger, options.clock, 10 * EVERY_MS);
  }

  start(): void {
    this.#cancel = this.#options.timers.every(EVERY_MS, () => this.write());
    void this.write();
  }

  stop(): void {
    this.#cancel();
  }

  /** Writes one sample of each series. A failure is logged: the next round has newer values. */
  async write(): Promise<void> {
    try {
      const timeMs = this.#options.clock.nowMs();
      const families = await this.#options.gather();
      await this.#options.write(ownSeries(families, this.#options.instance, timeMs));
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      this.#log.warn(code, 'own metrics not stored', { code, error: message });
    }
  }
}

/** The families as series with `job` and `instance`, as a scrape would make them. */
export function ownSeries(
  families: readonly MetricFamily[],
  instance: string,
  timeMs: number,
): OwnSeries[] {
  return families.flatMap(({ samples }) =>
    samples.map(({ name, labels, value }): OwnSeries => {
      const all = [
        ['__name__', name],
        ['instance', instance],
        ['job', 'varve'],
        ...labels,
      ] as const;
      const sorted = all
        .filter(([, text]) => text !== '')
        .map(([label, text]) => [label, text] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      return { labels: sorted, samples: [{ timeMs, value }] };
    }),
  );
}
