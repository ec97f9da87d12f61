// Leases as objects: read with their version, written under a condition.

import { asVarveError } from '../../base/errors/varve-error.ts';
import { collect } from '../../base/runtime/file-pieces.ts';
import type { Bucket, CallOptions, PutSource } from '../../bucket/bucket.ts';
import { leaseKey } from '../../bucket/layout.ts';
import { LEASE_BYTES_MAX, type LeaseRecord, parseLease, printLease } from './format.ts';

/** A lease as it was read. */
export interface ReadLease {
  /** Undefined when what stands there is no lease. */
  readonly record: LeaseRecord | undefined;
  readonly version: string;
}

/** Undefined when there never was one. Throws what the store throws. */
export async function readLease(
  bucket: Bucket,
  group: string,
  options: CallOptions,
): Promise<ReadLease | undefined> {
  const key = leaseKey(group);
  let version = '';
  const onVersion = (told: string): void => {
    version = told;
  };
  try {
    const pieces = bucket.get(key, undefined, { ...options, onVersion });
    const bytes = await collect(pieces, LEASE_BYTES_MAX, key);
    return { record: parseLease(bytes, key), version };
  } catch (thrown) {
    const { kind } = asVarveError(thrown);
    if (kind === 'not_found') return undefined;
    // Nobody can hold what nobody can read: it is watched like any other, and then overwritten.
    if (kind === 'damaged' && version !== '') return { record: undefined, version };
    throw thrown;
  }
}

/**
 * Writes the lease over the version `over`, or where there is none.
 * @returns its version; undefined when another was there
 */
export async function writeLease(
  bucket: Bucket,
  record: LeaseRecord,
  { over, ...options }: CallOptions & { readonly over: string | undefined },
): Promise<string | undefined> {
  const condition = over === undefined ? { ifAbsent: true } : { ifVersion: over };
  const source = bytesOf(printLease(record));
  try {
    const put = await bucket.put(leaseKey(record.group), source, { ...options, ...condition });
    return put.version;
  } catch (thrown) {
    if (asVarveError(thrown).code === 'already_exists') return undefined;
    throw thrown;
  }
}

function bytesOf(bytes: Uint8Array): PutSource {
  return {
    sizeBytes: bytes.length,
    async *read(offset, length) {
      yield bytes.subarray(offset, offset + length);
    },
  };
}
