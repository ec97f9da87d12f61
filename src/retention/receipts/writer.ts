// Writes receipts of deletions into the bucket: one object for the deletions of a round, written
// before the first of them and once more after the last. So a process that is killed in between
// leaves a receipt that names what it was about to delete, and the price is two writes a round.
//
// Invariant: nothing is deleted that no receipt names. A receipt that cannot be written ends the
// round before a block is gone.

import { assert } from '../../base/errors/assert.ts';
import type { UlidMaker } from '../../base/model/ulid.ts';
import type { Clock } from '../../base/runtime/clock.ts';
import { isoTime } from '../../base/runtime/iso-time.ts';
import type { Bucket, CallOptions, PutSource } from '../../bucket/bucket.ts';
import { receiptKey } from '../../bucket/layout.ts';
import {
  printReceipt,
  RECEIPT_BLOCKS_MAX,
  type Receipt,
  type ReceiptBlock,
  type ReceiptOutcome,
} from './format.ts';

/** What receipts are written with. */
export interface ReceiptWorld {
  readonly bucket: Bucket;
  readonly clock: Clock;
  readonly ulids: UlidMaker;
  /** As in leases. */
  readonly holder: string;
}

/** A receipt whose deletions are under way. */
export interface OpenReceipt {
  /** The object's key. */
  readonly key: string;
  /** The block is gone. */
  deleted(ulid: string): void;
  /** The block is still there, in whole or in part; `why` in one sentence. */
  kept(ulid: string, why: string): void;
  /** Writes what came of all of them. Throws what the store throws. */
  end(options?: CallOptions): Promise<void>;
}

/** Begins a receipt of at most RECEIPT_BLOCKS_MAX blocks; then it is in the bucket. */
export async function beginReceipt(
  world: ReceiptWorld,
  blocks: readonly ReceiptBlock[],
  options: CallOptions = {},
): Promise<OpenReceipt> {
  assert(blocks.length <= RECEIPT_BLOCKS_MAX, 'a receipt names a bounded number of blocks');
  const { bucket, clock, holder } = world;
  const begunMs = clock.nowMs();
  const ulid = world.ulids.next();
  const key = receiptKey(isoTime(begunMs).slice(0, 'YYYY-MM-DD'.length), ulid);
  const outcomes = new Map<string, ReceiptOutcome>();
  const receipt = (endedMs: number | undefined): Receipt => ({
    ...{ ulid, holder, begunMs, endedMs },
    blocks: blocks.map((block) => ({
      ...block,
      ...(outcomes.get(block.ulid) ?? { state: 'planned' }),
    })),
  });
  await bucket.put(key, bytesOf(printReceipt(receipt(undefined))), options);
  return {
    key,
    deleted: (one) => void outcomes.set(one, { state: 'deleted', deletedMs: clock.nowMs() }),
    kept: (one, why) => void outcomes.set(one, { state: 'kept', why }),
    end: async (call = {}) => {
      await bucket.put(key, bytesOf(printReceipt(receipt(clock.nowMs()))), call);
    },
  };
}

function bytesOf(bytes: Uint8Array): PutSource {
  return {
    sizeBytes: bytes.length,
    async *read(offset, length) {
      yield bytes.subarray(offset, offset + length);
    },
  };
}
