// An aggregate chunk of floats while it is made: five XOR chunks side by side
// (docs/formats/aggregate-chunks.md).

import { writeAggregate } from '../base/chunk/aggregate-writer.ts';
import { ENCODING_XOR } from '../base/chunk/chunk-format.ts';
import { XorBuilder } from '../base/chunk/xor-builder.ts';
import type { ChunkToWrite } from '../block/block-sink.ts';
import { ENCODING_AGGREGATE } from '../block/chunks/format.ts';

/** What the samples of a window come to. */
export interface FloatWindow {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly counter: number;
}

/** The parts are filled one by one or together; used again from chunk to chunk. */
export class FloatChunk {
  readonly count = new XorBuilder();
  readonly sum = new XorBuilder();
  readonly min = new XorBuilder();
  readonly max = new XorBuilder();
  readonly counter = new XorBuilder();
  /** The first and the last window's time, of all parts. */
  #minTimeMs = Number.POSITIVE_INFINITY;
  #maxTimeMs = Number.NEGATIVE_INFINITY;

  /** Begins a chunk. */
  begin(): void {
    for (const part of this.#parts()) part.begin();
    this.#minTimeMs = Number.POSITIVE_INFINITY;
    this.#maxTimeMs = Number.NEGATIVE_INFINITY;
  }

  /** Appends a window to all parts. */
  add(timeMs: number, window: FloatWindow): void {
    this.covers(timeMs);
    this.count.append(timeMs, window.count);
    this.sum.append(timeMs, window.sum);
    this.min.append(timeMs, window.min);
    this.max.append(timeMs, window.max);
    this.counter.append(timeMs, window.counter);
  }

  /** There is a window at this time, whose parts are appended one by one. */
  covers(timeMs: number): void {
    if (timeMs < this.#minTimeMs) this.#minTimeMs = timeMs;
    if (timeMs > this.#maxTimeMs) this.#maxTimeMs = timeMs;
  }

  /** The chunk; undefined when it has no window. Parts without a sample are left out. */
  finish(): ChunkToWrite | undefined {
    if (this.#minTimeMs > this.#maxTimeMs) return undefined;
    const parts = this.#parts().map((part) =>
      part.count === 0 ? undefined : { encoding: ENCODING_XOR, bytes: part.bytes() },
    );
    return {
      minTimeMs: this.#minTimeMs,
      maxTimeMs: this.#maxTimeMs,
      encoding: ENCODING_AGGREGATE,
      sampleCount: this.count.count,
      bytes: writeAggregate(parts),
    };
  }

  #parts(): readonly XorBuilder[] {
    return [this.count, this.sum, this.min, this.max, this.counter];
  }
}
