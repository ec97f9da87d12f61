// What was asked of the store, by purpose: the requests that will be on the bill, since the start
// and hour by hour.
//
// Bounded: HOURS_KEPT hours, ROWS_MAX rows each. It is in memory; a snapshot of it is plain data.

import type { Clock } from '../base/runtime/clock.ts';
import type { Bucket, RequestClass, StoreRequest } from './bucket.ts';

/** What requests are made for. */
export type StorePurpose =
  | 'ship' // blocks of this machine into the bucket
  | 'archive' // the write-ahead log into the bucket
  | 'restore' // and out of it again
  | 'list' // which blocks there are
  | 'compact'
  | 'downsample'
  | 'retention' // marks and deletions
  | 'query'
  | 'tool'; // somebody's command

const HOUR_MS = 3_600_000;
/** Hours that can be looked back. */
export const HOURS_KEPT = 48;
/** Adapters have a dozen operations; beyond this many rows the operation is not told any more. */
const ROWS_MAX = 256;
/** Stands for all operations beyond that. */
const OTHER = '<other>';

/** Counts of one purpose, class and operation. */
export interface LedgerRow {
  readonly purpose: StorePurpose;
  readonly class: RequestClass;
  /** The store's own name of it. */
  readonly operation: string;
  readonly requests: number;
  /** Of these, requests that the store did not do as asked. */
  readonly failed: number;
  /** Bytes of objects. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** All of it at one moment. Times are Unix milliseconds; rows and hours are in order. */
export interface LedgerSnapshot {
  readonly sinceMs: number;
  readonly totals: readonly LedgerRow[];
  readonly hours: readonly { readonly startMs: number; readonly rows: readonly LedgerRow[] }[];
}

/** Told of each request and what it was made for. */
export type PurposeObserver = (purpose: StorePurpose, request: StoreRequest) => void;

/** See the head of the file. */
export class RequestLedger {
  readonly #clock: Clock;
  readonly #observe: PurposeObserver;
  readonly #sinceMs: number;
  readonly #totals = new Tally();
  /** By number of the hour. */
  readonly #hours = new Map<number, Tally>();

  /** @param observe is told too; for metrics */
  constructor(clock: Clock, observe: PurposeObserver = () => undefined) {
    this.#clock = clock;
    this.#observe = observe;
    this.#sinceMs = clock.nowMs();
  }

  /** The same bucket, whose requests are counted under `purpose`. */
  bucketFor(bucket: Bucket, purpose: StorePurpose): Bucket {
    return bucket.observedBy((request) => this.#count(purpose, request));
  }

  snapshot(): LedgerSnapshot {
    const hours = [...this.#hours].sort(([a], [b]) => a - b);
    return {
      sinceMs: this.#sinceMs,
      totals: this.#totals.rows(),
      hours: hours.map(([hour, tally]) => ({ startMs: hour * HOUR_MS, rows: tally.rows() })),
    };
  }

  #count(purpose: StorePurpose, request: StoreRequest): void {
    this.#totals.add(purpose, request);
    this.#hour().add(purpose, request);
    this.#observe(purpose, request);
  }

  #hour(): Tally {
    const now = Math.floor(this.#clock.nowMs() / HOUR_MS);
    let tally = this.#hours.get(now);
    if (tally === undefined) {
      tally = new Tally();
      this.#hours.set(now, tally);
      // Those ahead are from before somebody set the clock back.
      for (const hour of this.#hours.keys()) {
        if (hour <= now - HOURS_KEPT || hour > now) this.#hours.delete(hour);
      }
    }
    return tally;
  }
}

interface Counts {
  requests: number;
  failed: number;
  sentBytes: number;
  receivedBytes: number;
}

/** Rows by what they count. */
class Tally {
  readonly #rows = new Map<string, LedgerRow & Counts>();

  add(purpose: StorePurpose, request: StoreRequest): void {
    const row = this.#row(purpose, request);
    row.requests++;
    if (!request.ok) row.failed++;
    row.sentBytes += request.sentBytes;
    row.receivedBytes += request.receivedBytes;
  }

  rows(): readonly LedgerRow[] {
    const rows = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    return rows.map(([, row]) => ({ ...row }));
  }

  #row(purpose: StorePurpose, request: Pick<StoreRequest, 'class' | 'operation'>): Counts {
    const { class: kind, operation } = request;
    const key = `${purpose} ${kind} ${operation}`;
    const found = this.#rows.get(key);
    if (found !== undefined) return found;
    if (this.#rows.size >= ROWS_MAX && operation !== OTHER) {
      return this.#row(purpose, { class: kind, operation: OTHER });
    }
    const counts = { requests: 0, failed: 0, sentBytes: 0, receivedBytes: 0 };
    const row = { purpose, class: kind, operation, ...counts };
    this.#rows.set(key, row);
    return row;
  }
}
