// What the planner works with: the bucket as views, leases, marks and deletions, and what other
// stages supply. Types only; compact-thread.ts supplies them.

import type { UlidMaker } from '../../base/model/ulid.ts';
import type { Logger } from '../../base/observe/logger.ts';
import type { MetricStore } from '../../base/observe/metric-store.ts';
import type { Clock } from '../../base/runtime/clock.ts';
import type { BlockListing } from '../../bucket/block-record.ts';
import type { BlockView, ViewedBlock } from '../../bucket/block-view.ts';
import type { Mark } from '../../bucket/marks/format.ts';
import type { FilteredView } from '../../bucket/view/view-filters.ts';
import type { ReceiptBlock } from '../../retention/receipts/format.ts';
import type { OpenReceipt } from '../../retention/receipts/writer.ts';
import type { GroupLeases } from '../lease/leases.ts';
import type { EstimateJob, PlanOptions } from '../plan/options.ts';
import type { PlanParts } from '../plan/plan-context.ts';
import type { JobRecord } from './work.ts';

/** Puts marks and takes blocks away. All throw what the store throws. */
export interface BlockChanges {
  /** Sets the mark in the file `name` (as in bucket/layout.ts) of the block that it names. */
  readonly setMark: (name: string, mark: Mark) => Promise<'set' | 'there'>;
  readonly deleteBlock: (ulid: string) => Promise<void>;
  /** False when it is no leftover any more, and was left alone. */
  readonly deletePartial: (seen: BlockListing) => Promise<boolean>;
  /** Takes away uploads of objects that have not moved since `beforeMs`; how many there were. */
  readonly removeStaleUploads: (beforeMs: number) => Promise<number>;
  readonly beginReceipt: (blocks: readonly ReceiptBlock[]) => Promise<OpenReceipt>;
}

/** Remembers jobs for people. */
export interface JobHistory {
  add(record: JobRecord): void;
  /** The last one first. */
  newest(limit: number): readonly JobRecord[];
}

/** See the head of the file. */
export interface PlannerWorld {
  readonly takeView: () => Promise<BlockView>;
  /** One block as it stands in the bucket now; undefined when it is none, or not sound. */
  readonly look: (ulid: string) => Promise<ViewedBlock | undefined>;
  /** Leaves out what no plan may see: too fresh, not selected. */
  readonly narrow: (view: BlockView) => FilteredView;
  readonly options: PlanOptions;
  readonly estimate: EstimateJob;
  readonly parts: PlanParts;
  readonly leases: GroupLeases;
  /** The store's time of the last write of a lease; undefined where none is written. */
  readonly leaseTimeMs: (group: string) => Promise<number | undefined>;
  readonly changes: BlockChanges;
  readonly history: JobHistory;
  readonly freeBytes: () => number;
  readonly clock: Clock;
  readonly ulids: UlidMaker;
  readonly logger: Logger;
  readonly metrics: MetricStore;
}
