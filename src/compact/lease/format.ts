// A lease as it stands in the bucket (docs/formats/leases.md): who works on a group. A pure codec.
//
// Invariant: no two writes of a lease have the same bytes (holder, token, count of renewals), so a
// store whose versions are digests of the content gives each write a version of its own, and a
// writer knows its own write again.

import { parseObject } from '../../base/errors/parse-object.ts';
import { VarveError } from '../../base/errors/varve-error.ts';

/** The only version there is. */
export const LEASE_VERSION = 1;
/** Larger than any. */
export const LEASE_BYTES_MAX = 64 * 1024;

/** What the object says. */
export interface LeaseRecord {
  readonly group: string;
  /** Names a process, never two: host and random digits. */
  readonly holder: string;
  /** Counts up with each taking, by whomever. */
  readonly token: number;
  /** Counts the writes of one taking, from 0. */
  readonly renewals: number;
  readonly state: 'held' | 'released';
  /** Seen unchanged for longer than this, it is abandoned. */
  readonly durationMs: number;
  /** When it was written by the holder's clock, Unix milliseconds: for people, never compared. */
  readonly writtenMs: number;
}

/** The bytes of a lease. */
export function printLease(record: LeaseRecord): Uint8Array {
  return Buffer.from(JSON.stringify({ version: LEASE_VERSION, ...record }));
}

/** Parses a lease; `where` names it in errors, which are `damaged_object`. */
export function parseLease(bytes: Uint8Array, where: string): LeaseRecord {
  const json = parseObject(bytes, where);
  const { version, group, holder, token, renewals, state, durationMs, writtenMs } = json;
  if (version !== LEASE_VERSION)
    throw damaged(where, `version ${JSON.stringify(version) ?? 'none'} is not known`);
  if (typeof group !== 'string' || typeof holder !== 'string' || holder === '')
    throw damaged(where, 'it names no group or no holder');
  if (state !== 'held' && state !== 'released') throw damaged(where, 'it has no state');
  const count = (value: unknown, name: string): number => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw damaged(where, `its ${name} is no count`);
  };
  return {
    group,
    holder,
    token: count(token, 'token'),
    renewals: count(renewals, 'renewals'),
    state,
    durationMs: count(durationMs, 'durationMs'),
    writtenMs: count(writtenMs, 'writtenMs'),
  };
}

function damaged(where: string, what: string): VarveError {
  return new VarveError('damaged_object', `${where}: ${what}`);
}
