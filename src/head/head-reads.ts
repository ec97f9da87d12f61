// Opening a read on the heads of an engine: find the series by their postings, collect their
// chunks; both in slices, so that writes go on.

import type { Epochs } from '../base/bytes/epochs.ts';
import { compareLabels } from '../base/model/labels.ts';
import {
  blockLabels,
  type StreamIdentity,
  type StreamLabelRules,
} from '../base/model/stream-labels.ts';
import type { Timers } from '../base/runtime/timers.ts';
import type { TenantQuery } from '../query/reader.ts';
import type { Matcher, PostingsSource, SelectQuery } from '../query/source.ts';
import type { OpenedRead, ReadStream } from './engine-service.ts';
import type { Head } from './head.ts';
import { OpenReads } from './open-reads.ts';

/** Steps to the numbers of the series of a source that a query wants. */
export type FindSeries = (source: PostingsSource) => Generator<void, Uint32Array>;

/** What opening reads needs. */
export interface HeadReadsOptions {
  readonly epochs: Epochs;
  readonly timers: Pick<Timers, 'after' | 'yieldNow'>;
  /** Makes matchers ready (`query/find-series`); `bad_parameter` when they are none. */
  readonly finder: (matchers: readonly Matcher[]) => FindSeries;
  readonly labels: StreamLabelRules;
}

/** A stream to be read. */
export interface StreamToRead {
  readonly dir: string;
  readonly identity: StreamIdentity;
  /** Undefined when the stream could not be opened. */
  readonly head: Head | undefined;
}

/** The reads of one engine. */
export class HeadReads {
  readonly #options: HeadReadsOptions;
  readonly #open: OpenReads;

  constructor(options: HeadReadsOptions) {
    this.#options = options;
    this.#open = new OpenReads(options.epochs, options.timers);
  }

  /** Reads that are open. */
  get count(): number {
    return this.#open.count;
  }

  /** What the heads of the tenant's streams hold of a query, published before the call. */
  async open(
    streams: readonly StreamToRead[],
    { tenant, query }: TenantQuery,
  ): Promise<OpenedRead> {
    const find = this.#options.finder(query.matchers);
    // Before any series is looked for: what goes meanwhile must not be used again.
    const { id, lease } = this.#open.open();
    try {
      const read: ReadStream[] = [];
      for (const { dir, identity, head } of streams) {
        if (identity.tenant !== tenant) continue;
        const snapshot = head === undefined ? undefined : await this.#collect(head, find, query);
        read.push({ dir, labels: blockLabels(identity, this.#options.labels), snapshot });
      }
      return { id, lease, streams: read.sort((a, b) => compareLabels(a.labels, b.labels)) };
    } catch (thrown) {
      this.#open.close(id);
      throw thrown;
    }
  }

  /** Ends a read; one that has been ended already is left alone. */
  close(id: number): void {
    this.#open.close(id);
  }

  closeAll(): void {
    this.#open.closeAll();
  }

  async #collect(head: Head, find: FindSeries, query: SelectQuery) {
    const steps = find(head.postingsSource);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return head.collectRead(step.value, query);
      await this.#options.timers.yieldNow();
    }
  }
}
