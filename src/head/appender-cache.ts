// Appenders of open histogram chunks. One is a few KiB, so an engine keeps only those used last;
// a chunk whose appender has gone gets one again by decoding its bytes.

import type { ChunkPlace } from '../base/chunk/chunk-format.ts';
import { HistogramAppender } from '../base/chunk/histogram-appender.ts';

export class AppenderCache {
  readonly #limit: number;
  /** By chunk record, the one used longest ago first. */
  readonly #appenders = new Map<number, HistogramAppender>();
  #spare: HistogramAppender | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#appenders.size;
  }

  /** The appender of an open chunk; `place` says where its bytes are, should they be needed. */
  of(record: number, place: () => ChunkPlace): HistogramAppender {
    const known = this.#appenders.get(record);
    if (known !== undefined) {
      this.#appenders.delete(record);
      this.#appenders.set(record, known);
      return known;
    }
    const appender = this.begin(record);
    appender.load(place());
    return appender;
  }

  /** An appender for a new chunk; `begin` it. */
  begin(record: number): HistogramAppender {
    this.drop(record);
    if (this.#appenders.size >= this.#limit) {
      const oldest = this.#appenders.keys().next();
      if (oldest.done !== true) this.drop(oldest.value);
    }
    const appender = this.#spare ?? new HistogramAppender();
    this.#spare = undefined;
    this.#appenders.set(record, appender);
    return appender;
  }

  /** The chunk is open no more. */
  drop(record: number): void {
    const appender = this.#appenders.get(record);
    if (appender === undefined) return;
    this.#appenders.delete(record);
    this.#spare = appender;
  }
}
