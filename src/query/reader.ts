// Reading on the main thread: a snapshot of the heads from the tenant's engine, then the select in
// the job thread, batch by batch, and at the end, however it comes, both are closed.
//
// Order: the heads first, then the list of blocks. A block that appears in between has its samples
// in both, one that was there before in itself; the other way round a cut could hide samples.

import type { Labels } from '../base/model/labels.ts';
import { type SelectedSeries, type SeriesBatch, seriesOfBatch } from './series-batch.ts';
import type { SelectQuery } from './source.ts';

/** What is asked of a tenant's data. */
export interface TenantQuery {
  readonly tenant: string;
  readonly query: SelectQuery;
}

/** A snapshot of heads, whatever is in it for the job thread. */
export interface HeadRead {
  readonly id: number;
  /** The streams' labels, in their order: what `SeriesBatch.streams` counts by. */
  readonly streams: readonly { readonly labels: Labels }[];
}

/** The side of the engines. */
export interface ReadEngines<Read extends HeadRead> {
  openRead(wanted: TenantQuery): Promise<Read>;
  closeRead(closed: { readonly tenant: string; readonly id: number }): Promise<void>;
}

/** The side of the job thread. */
export interface ReadJobs<Read extends HeadRead> {
  selectOpen(order: SelectOrder<Read>): Promise<number>;
  selectNext(id: number): Promise<SeriesBatch>;
  selectClose(id: number): Promise<void>;
}

/** A select for the job thread: what was found in the heads, and what is wanted. */
export interface SelectOrder<Read extends HeadRead> {
  readonly read: Read;
  readonly query: SelectQuery;
}

export class Reader<Read extends HeadRead> {
  readonly #engines: ReadEngines<Read>;
  readonly #jobs: ReadJobs<Read>;

  constructor(engines: ReadEngines<Read>, jobs: ReadJobs<Read>) {
    this.#engines = engines;
    this.#jobs = jobs;
  }

  /** Reads nothing before it is iterated. */
  select(wanted: TenantQuery): Selection {
    const warnings: string[] = [];
    const iterate = () => this.#series(wanted, warnings);
    return { warnings, [Symbol.asyncIterator]: iterate };
  }

  async *#series(wanted: TenantQuery, warnings: string[]): AsyncGenerator<SelectedSeries, void> {
    const { tenant, query } = wanted;
    const read = await this.#engines.openRead(wanted);
    try {
      const id = await this.#jobs.selectOpen({ read, query });
      try {
        const streamLabels = read.streams.map(({ labels }) => labels);
        for (let isLast = false; !isLast; ) {
          const batch = await this.#jobs.selectNext(id);
          warnings.push(...batch.warnings);
          yield* seriesOfBatch(batch, streamLabels);
          isLast = batch.isLast;
        }
      } finally {
        await this.#jobs.selectClose(id);
      }
    } finally {
      await this.#engines.closeRead({ tenant, id: read.id });
    }
  }
}

/** Series by their labels, then by their stream's. To be iterated once. */
export interface Selection extends AsyncIterable<SelectedSeries> {
  /** What is missing from the answer; complete when the iteration is over. */
  readonly warnings: readonly string[];
}
