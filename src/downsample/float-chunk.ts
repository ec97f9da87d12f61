// An aggregate chunk of floats while it is made: five XOR chunks side by side
// (docs/formats/aggregate-chunks.md).

import { writeAggregate } from '../base/chunk/aggregate-writer.ts';
import { ENCODING_XOR } from '../base/chunk/chunk-format.ts';
import { FloatWindows } from '../base/chunk/float-windows.ts';
import { XorBuilder } from '../base/chunk/xor-builder.ts';
import type { ChunkToWrite } from '../block/block-sink.ts';
import { ENCODING_AGGREGATE } from '../block/chunks/format.ts';

/** The parts are filled one by one or together; used again from chunk to chunk. */
export class FloatChunk {
  readonly count = new XorBuilder();
  readonly sum = new XorBuilder();
  readonly min = new XorBuilder();
  readonly max = new XorBuilder();
  readonly counter = new XorBuilder();
  /** What `appendWindows` appends. */
  readonly windows = new FloatWindows();
  readonly #parts = [this.count, this.sum, this.min, this.max, this.counter];
  /** The first and the last window's time, of all parts. */
  #minTimeMs = Number.POSITIVE_INFINITY;
  #maxTimeMs = Number.NEGATIVE_INFINITY;

  /** Begins a chunk. */
  begin(): void {
    for (const part of this.#parts) part.begin();
    this.#minTimeMs = Number.POSITIVE_INFINITY;
    this.#maxTimeMs = Number.NEGATIVE_INFINITY;
  }

  /** Appends `windows`, of which there is at least one, to all parts. */
  appendWindows(): void {
    const { counters, counts, length, maxs, mins, sums, times } = this.windows;
    this.count.extend(times, counts, length);
    this.sum.extend(times, sums, length);
    this.min.extend(times, mins, length);
    this.max.extend(times, maxs, length);
    this.counter.extend(times, counters, length);
    this.covers(times.at(0) ?? Number.NaN);
    this.covers(times.at(length - 1) ?? Number.NaN);
  }

  /** There is a window at this time, whose parts are appended one by one. */
  covers(timeMs: number): void {
    if (timeMs < this.#minTimeMs) this.#minTimeMs = timeMs;
    if (timeMs > this.#maxTimeMs) this.#maxTimeMs = timeMs;
  }

  /** The chunk; undefined when it has no window. Parts without a sample are left out. */
  finish(): ChunkToWrite | undefined {
    if (this.#minTimeMs > this.#maxTimeMs) return undefined;
    const parts = this.#parts.map((part) =>
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
}
