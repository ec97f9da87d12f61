// Reads single values from a page of metrics in Prometheus's text format.

import { httpCall } from './http-calls.ts';

/** The metrics that a process showed at one moment. */
export class MetricsPage {
  readonly #lines: readonly string[];

  constructor(text: string) {
    this.#lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  }

  /** Every value of a metric, one for each set of labels; of those only that have `label`. */
  values(name: string, label = ''): readonly number[] {
    return this.#lines
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => line.includes(label))
      .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  }

  /** The sum over all sets of labels; NaN when there is none, so that nothing equals it. */
  sum(name: string, label?: string): number {
    const values = this.values(name, label);
    return values.length === 0 ? Number.NaN : values.reduce((a, b) => a + b, 0);
  }
}

/** What the process at `origin` shows now. */
export async function metricsOf(origin: string): Promise<MetricsPage> {
  const { status, text } = await httpCall(`${origin}/metrics`);
  if (status !== 200) throw new Error(`${origin}/metrics: ${status}`);
  return new MetricsPage(text);
}
