// Each label set of a bucket's blocks once: thousands of blocks have the same few, and a view that
// is cloned between threads then carries them once as well.

import type { Labels } from '../../base/model/labels.ts';

/** See the head of the file. */
export class LabelSets {
  #used = new Map<string, Labels>();
  #before = new Map<string, Labels>();

  /** The one object for this label set. */
  one(labels: Labels): Labels {
    const key = JSON.stringify(labels.map(({ name, value }) => [name, value]));
    const known = this.#used.get(key) ?? this.#before.get(key) ?? labels;
    this.#used.set(key, known);
    return known;
  }

  /** What was not asked for since the last time goes. */
  forgetOld(): void {
    this.#before = this.#used;
    this.#used = new Map();
  }
}
