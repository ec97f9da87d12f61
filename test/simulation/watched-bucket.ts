// A bucket that tells of everything that is written to it and deleted from it, after it has
// happened and before whoever asked for it hears of it; and counts what is asked.

import type { Bucket, CallOptions, PutOptions, PutSource } from '../../src/bucket/bucket.ts';

/** What is told. */
export interface BucketWatch {
  /** Anything was asked. */
  asked(): void;
  put(key: string): Promise<void>;
  /** Before the object is gone. */
  deleting(key: string): Promise<void>;
}

/** The same bucket, watched. */
export function watchedBucket(bucket: Bucket, watch: BucketWatch): Bucket {
  return {
    name: bucket.name,
    get: (...args) => {
      watch.asked();
      return bucket.get(...args);
    },
    attributes: (...args) => {
      watch.asked();
      return bucket.attributes(...args);
    },
    exists: (...args) => {
      watch.asked();
      return bucket.exists(...args);
    },
    list: (...args) => {
      watch.asked();
      return bucket.list(...args);
    },
    listNames: (...args) => bucket.listNames(...args),
    put: async (key: string, source: PutSource, options?: PutOptions) => {
      watch.asked();
      const attributes = await bucket.put(key, source, options);
      await watch.put(key);
      return attributes;
    },
    delete: async (key: string, options?: CallOptions) => {
      watch.asked();
      await watch.deleting(key);
      await bucket.delete(key, options);
    },
    listUnfinished: (...args) => bucket.listUnfinished(...args),
    removeUnfinished: (...args) => bucket.removeUnfinished(...args),
    observedBy: (observe) => watchedBucket(bucket.observedBy(observe), watch),
    close: () => bucket.close(),
  };
}
