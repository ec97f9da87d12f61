// Each label set of a bucket's blocks once: thousands of blocks have the same few, and a view that
// is cloned between threads then carries them once as well.

import type { Labels } from '../../base/model/labels.ts';

/** Beyond so many it begins anew: then some sets are there twice, and nothing else. */
const SETS_MAX = 10_000;

/** See the head of the file. */
export class LabelSets {
  readonly #sets = new Map<string, Labels>();

  /** The one object for this label set. */
  one(labels: Labels): Labels {
    const key = JSON.stringify(labels.map(({ name, value }) => [name, value]));
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    if (this.#sets.size >= SETS_MAX) this.#sets.clear();
    this.#sets.set(key, labels);
    return labels;
  }
}
