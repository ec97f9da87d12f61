// A bucket with some of its methods replaced, for tests that look at calls or make them fail.

import type { Bucket } from '../../src/bucket/bucket.ts';

/** `bucket`, but for the methods in `changes`; seen through `observedBy` it is the same. */
export function changedBucket(bucket: Bucket, changes: Partial<Bucket>): Bucket {
  return {
    name: bucket.name,
    get: (...args) => bucket.get(...args),
    attributes: (...args) => bucket.attributes(...args),
    exists: (...args) => bucket.exists(...args),
    list: (...args) => bucket.list(...args),
    listNames: (...args) => bucket.listNames(...args),
    listUnfinished: (...args) => bucket.listUnfinished(...args),
    put: (...args) => bucket.put(...args),
    delete: (...args) => bucket.delete(...args),
    removeUnfinished: (...args) => bucket.removeUnfinished(...args),
    observedBy() {
      return this;
    },
    close: () => bucket.close(),
    ...changes,
  };
}
