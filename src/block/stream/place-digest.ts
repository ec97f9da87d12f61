// A digest of where the chunks of series lie: taken while a block is written, and again of its
// index when that is read back. So an index can be checked against chunks that are no longer here.

import type { SeriesEntry } from '../index/series-entry.ts';

const TWO_32 = 0x1_0000_0000;

/** Two lanes of 32 bits over labels, times, segments and offsets of all series in order. */
export class PlaceDigest {
  #one = 0x811c9dc5 | 0;
  #two = 0x9e3779b9 | 0;

  /** Adds a series. */
  add(entry: SeriesEntry): void {
    const { labels, chunkCount } = entry;
    this.#mix(labels.length);
    for (let i = 0; i < labels.length; i++) this.#mix(labels.at(i));
    this.#mix(chunkCount);
    for (let i = 0; i < chunkCount; i++) {
      this.#time(entry.chunkMinTimes.at(i));
      this.#time(entry.chunkMaxTimes.at(i));
      this.#mix(entry.chunkSegments.at(i));
      this.#mix(entry.chunkOffsets.at(i));
    }
  }

  /** The digest so far. */
  value(): string {
    return `${this.#one >>> 0}-${this.#two >>> 0}`;
  }

  #time(timeMs: number): void {
    this.#mix(timeMs | 0);
    this.#mix(Math.floor(timeMs / TWO_32));
  }

  #mix(value: number): void {
    this.#one = Math.imul(this.#one ^ value, 0x85ebca6b);
    this.#one ^= this.#one >>> 15;
    this.#two = (Math.imul(this.#two, 0xc2b2ae35) + value) | 0;
    this.#two ^= this.#two >>> 13;
  }
}
