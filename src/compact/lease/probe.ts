// Does the store keep conditions? Leases rest on them. Some stores take a conditional write and
// ignore the condition, others refuse it; on either of them a compactor must run alone, and it is
// better told once at the start than found out by two who work on one group.

import { asVarveError } from '../../base/errors/varve-error.ts';
import type { Random } from '../../base/runtime/random.ts';
import type { Bucket, CallOptions, PutOptions, PutSource } from '../../bucket/bucket.ts';
import { leaseKey } from '../../bucket/layout.ts';

/** What came of it. */
export type ConditionProbe =
  | { readonly areKept: true }
  /** `why`: one sentence, for the log and for a person. */
  | { readonly areKept: false; readonly why: string };

const ALONE = 'only one compactor may run on this bucket, and no other tool may write to it';

/**
 * Writes and removes one small object of its own, in seven requests at most. Throws what the store
 * throws when it takes no writes at all.
 */
export async function probeConditions(
  bucket: Bucket,
  random: Random,
  options: CallOptions = {},
): Promise<ConditionProbe> {
  const key = leaseKey(`probe-${Buffer.from(random.bytes(12)).toString('hex')}`);
  const put = (text: string, condition: PutOptions) =>
    bucket.put(key, bytesOf(Buffer.from(text)), { ...options, ...condition });
  try {
    const { version } = await put('1', {});
    const overOne = await isRefused(() => put('2', { ifAbsent: true }));
    const second = await put('3', {});
    const overOther = await isRefused(() => put('4', { ifVersion: version }));
    // What was refused must be refused for the condition, not for having one.
    const isTaken = !(await isRefused(() => put('5', { ifVersion: second.version })));
    if (overOne && overOther && isTaken) return { areKept: true };
    const how = isTaken ? 'takes conditional writes and ignores the condition' : 'refuses them';
    return {
      areKept: false,
      why: `${bucket.name} has no conditional writes (it ${how}): ${ALONE}`,
    };
  } finally {
    await bucket.delete(key, options);
  }
}

/** True for a condition that does not hold, and for a store that cannot do what it is asked. */
async function isRefused(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return false;
  } catch (thrown) {
    const { code, kind } = asVarveError(thrown);
    if (code === 'already_exists' || code === 'unsupported' || kind === 'bad_request') return true;
    if (code === 'store_unavailable') return true; // 501 among them: the next plain write tells
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
