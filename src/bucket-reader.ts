// What query/bucket-select works with, made of the pieces of bucket/, block/ and compact/: whoever
// reads the blocks of a bucket wires them here, as merge-parts.ts does for merges.

import type { Clock } from './base/runtime/clock.ts';
import { DamagePlace, damagedBlock, damageOf } from './block/damage.ts';
import { parseOwnMeta } from './block/meta/parse-own.ts';
import { RemoteSeries } from './block/stream/remote-series.ts';
import { listBlock } from './bucket/block-listing.ts';
import { isPartial } from './bucket/block-record.ts';
import type { BucketReader, CallOptions } from './bucket/bucket.ts';
import { META_FILE } from './bucket/layout.ts';
import { rangedBlock } from './bucket/ranged-block.ts';
import type { ViewCache } from './bucket/view/view-cache.ts';
import { ViewMaker } from './bucket/view/view-maker.ts';
import { windowBytesFor } from './compact/merge/merge-sizes.ts';
import { blocksToRead } from './compact/plan/to-read.ts';
import { type BucketAccess, type BucketQuery, selectBucket } from './query/bucket-select.ts';
import type { Selection } from './query/reader.ts';

/** The world of such a reader. */
export interface BucketReaderWorld {
  readonly bucket: BucketReader;
  readonly clock: Clock;
  /** What is known of the bucket from other processes; nothing by default. */
  readonly cache?: ViewCache;
  /** As the compactors of the bucket have it. */
  readonly replicaLabels?: readonly string[];
  /** Told of bytes that came, apart from those of views. */
  readonly onBytes?: (bytes: number) => void;
}

/** Reads the blocks of one bucket; what it knows of them is kept from select to select. */
export class BlocksReader {
  readonly #world: BucketReaderWorld;
  readonly #views: ViewMaker;

  constructor(world: BucketReaderWorld) {
    const { bucket, clock, cache } = world;
    this.#world = world;
    this.#views = new ViewMaker({ bucket, clock, cache, parseMeta: parseOwnMeta });
  }

  /** The series of the bucket's blocks, as they are when the iteration begins or later. */
  select(query: BucketQuery, options: CallOptions = {}): Selection {
    return selectBucket(this.#access(options), query);
  }

  #access(call: CallOptions): BucketAccess {
    const { bucket, replicaLabels = [], onBytes = () => undefined } = this.#world;
    return {
      look: () => this.#views.take(call),
      choose: (blocks, resolutionMs, distrusted) =>
        blocksToRead(blocks, { resolutionMs, replicaLabels, distrusted }),
      open: async (ulid, part, blocks) => {
        const listing = await listBlock(bucket, ulid, call);
        if (isPartial(listing)) {
          const place = { file: META_FILE, offset: 0 };
          throw damageOf(new DamagePlace(place, 'the file is missing', 'missing'));
        }
        const windowBytes = windowBytesFor(blocks);
        const options = { ...call, windowBytes, damaged: damagedBlock, onBytes };
        const block = rangedBlock(bucket, listing, { ...options, isSkipping: true });
        return RemoteSeries.open(block, part);
      },
    };
  }
}
