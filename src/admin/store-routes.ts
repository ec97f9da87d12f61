// /api/v1/objstore/*: what the object store is asked for, and what for, in Prometheus's JSON
// envelope.

import type { FastifyInstance } from 'fastify';
import { isoTime } from '../base/runtime/iso-time.ts';
import type { LedgerRow, LedgerSnapshot } from '../bucket/request-ledger.ts';

/** A store and what was asked of it. */
export interface StoreRequests extends LedgerSnapshot {
  /** Names store and bucket. */
  readonly bucket: string;
}

/** The answer of /api/v1/objstore/requests. Times are RFC 3339. */
export interface StoreRequestsAnswer {
  /** Null when no object store is configured. */
  readonly bucket: string | null;
  /** When counting began: the start of the process. */
  readonly since: string | null;
  readonly totals: readonly LedgerRow[];
  readonly hours: readonly { readonly start: string; readonly requests: readonly LedgerRow[] }[];
}

/** Who knows what /api/v1/objstore/* answers. */
export interface StoreSource {
  /** Undefined when no object store is configured. */
  requests(): Promise<StoreRequests | undefined>;
}

/** Registers the paths. */
export function registerStoreRoutes(app: FastifyInstance, source: StoreSource): void {
  app.get('/api/v1/objstore/requests', async () => ({
    status: 'success',
    data: answerOf(await source.requests()),
  }));
}

function answerOf(requests: StoreRequests | undefined): StoreRequestsAnswer {
  if (requests === undefined) return { bucket: null, since: null, totals: [], hours: [] };
  const { bucket, sinceMs, totals } = requests;
  const hours = requests.hours.map(({ startMs, rows }) => ({
    start: isoTime(startMs),
    requests: rows,
  }));
  return { bucket, since: isoTime(sinceMs), totals, hours };
}
