// The chunks of a damaged block that can be read to their last sample. The checksum of each must
// hold; its times are those of its samples, whatever the index says.

import { ByteReader } from '../../base/bytes/byte-reader.ts';
import { COUNT } from '../../base/chunk/aggregate-format.ts';
import { readAggregate } from '../../base/chunk/aggregate-reader.ts';
import type { ChunkPlace } from '../../base/chunk/chunk-format.ts';
import { ChunkReader } from '../../base/chunk/chunk-reader.ts';
import type { GatheredChunks } from '../../base/chunk/gathered-chunks.ts';
import { HistogramValue } from '../../base/chunk/histogram-value.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import type { ByteSource } from '../byte-source.ts';
import { CRC_BYTES, ENCODING_AGGREGATE, isReadableEncoding } from '../chunks/format.ts';
import { emptyChunk, placeOf, readChunk } from '../chunks/segment-reader.ts';
import { checkAggregate } from '../verify/check-aggregate.ts';

/** Where a chunk is, and what it is to count as. */
export interface WantedChunk {
  readonly segment: number;
  readonly offset: number;
  readonly rank: number;
}

interface Times {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/** See the head of the file. */
export class SalvagedChunks {
  readonly #isAggregated: boolean;
  readonly #bytes = new ByteReader();
  readonly #chunk = emptyChunk();
  readonly #samples = new ChunkReader();
  readonly #value = new HistogramValue();

  /** @param isAggregated chunks of aggregates are wanted, else such of raw samples */
  constructor(isAggregated: boolean) {
    this.#isAggregated = isAggregated;
  }

  /**
   * Adds the chunk; its times, or undefined when it is lost. Throws `unsupported` for one that a
   * later Varve may read.
   */
  take(source: ByteSource, wanted: WantedChunk, into: GatheredChunks): Times | undefined {
    try {
      return this.#take(source, wanted, into);
    } catch (thrown) {
      if (asVarveError(thrown).kind !== 'damaged') throw thrown;
      return undefined;
    }
  }

  #take(source: ByteSource, wanted: WantedChunk, into: GatheredChunks): Times | undefined {
    const chunk = this.#chunk;
    const { offset, rank, segment } = wanted;
    readChunk(source, offset, this.#bytes, chunk);
    const { data, encoding, end } = chunk;
    if ((encoding === ENCODING_AGGREGATE) !== this.#isAggregated) return undefined;
    if (!isReadableEncoding(encoding))
      throw new VarveError('unsupported', `it has chunks of encoding ${encoding}, not known here`);
    const place = this.#isAggregated ? countsOf(data) : placeOf(chunk);
    const times = place && this.#timesOf(place);
    if (place === undefined || times === undefined) return undefined;
    if (this.#isAggregated && checkAggregate(data, times, this.#samples).fault !== undefined)
      return undefined;
    const stored = source.read(offset, end - offset).slice();
    const dataEnd = stored.length - CRC_BYTES;
    into.times(times.minTimeMs, times.maxTimeMs);
    into.origin(rank, segment, offset);
    into.data(stored, dataEnd - data.length, dataEnd);
    into.kind(encoding, place.count);
    into.stored(0, stored.length);
    return times;
  }

  /** Of the first and the last sample; undefined when they do not rise, or there is none. */
  #timesOf(place: ChunkPlace): Times | undefined {
    const cursor = this.#samples;
    cursor.open(place);
    if (!cursor.next()) return undefined;
    const minTimeMs = cursor.timeMs;
    let maxTimeMs = minTimeMs;
    if (cursor.isHistogram) cursor.load(this.#value);
    while (cursor.next()) {
      if (cursor.timeMs <= maxTimeMs) return undefined;
      maxTimeMs = cursor.timeMs;
      if (cursor.isHistogram) cursor.load(this.#value);
    }
    return { minTimeMs, maxTimeMs };
  }
}

/** Of a chunk of aggregates the counts, which have every window. */
function countsOf(data: Uint8Array): ChunkPlace | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return readAggregate(view, 0, data.length).at(COUNT);
}
