// Series on their way from the job thread to who asked for them: some of them in columns, all bytes
// in one piece that moves instead of being copied. Plain data.

import { ByteWriter } from '../base/bytes/byte-writer.ts';
import { F64Column, U32Column } from '../base/bytes/columns.ts';
import { labelsOfKey } from '../base/model/label-key.ts';
import type { Labels } from '../base/model/labels.ts';
import type { SelectedChunk } from './merge-series.ts';
import type { MergedSeries } from './select.ts';

/** Some series of an answer. */
export interface SeriesBatch {
  /** The label key and then the chunks of each series. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  // One cell per series.
  readonly streams: Uint32Array;
  readonly keyLengths: Uint32Array;
  readonly chunkCounts: Uint32Array;
  // One cell per chunk.
  readonly chunkLengths: Uint32Array;
  readonly encodings: Uint32Array;
  readonly sampleCounts: Uint32Array;
  readonly minTimes: Float64Array;
  readonly maxTimes: Float64Array;
  /** Nothing comes after it. */
  readonly isLast: boolean;
  /** What is missing from the answer, known since the batch before. */
  readonly warnings: readonly string[];
}

/** One series of an answer, as a reader has it. */
export interface SelectedSeries {
  /** The series' own labels, without those of its stream. */
  readonly labels: Labels;
  /** External labels, lifted labels and the tenant: what its blocks carry. */
  readonly streamLabels: Labels;
  /** By time, without overlaps; those at the ends may reach out of the range asked for. */
  readonly chunks: readonly SelectedChunk[];
}

/** Collects series into a batch. */
export class SeriesBatchWriter {
  readonly #bytes = new ByteWriter(64 * 1024);
  readonly #streams = new U32Column();
  readonly #keyLengths = new U32Column();
  readonly #chunkCounts = new U32Column();
  readonly #chunkLengths = new U32Column();
  readonly #encodings = new U32Column();
  readonly #sampleCounts = new U32Column();
  readonly #minTimes = new F64Column();
  readonly #maxTimes = new F64Column();

  get sizeBytes(): number {
    return this.#bytes.length;
  }

  get seriesCount(): number {
    return this.#streams.length;
  }

  add({ key, stream, chunks }: MergedSeries): void {
    this.#streams.push(stream);
    this.#keyLengths.push(key.length);
    this.#chunkCounts.push(chunks.length);
    this.#bytes.bytes(key);
    for (const chunk of chunks) {
      this.#bytes.bytes(chunk.bytes);
      this.#chunkLengths.push(chunk.bytes.length);
      this.#encodings.push(chunk.encoding);
      this.#sampleCounts.push(chunk.count);
      this.#minTimes.push(chunk.minTimeMs);
      this.#maxTimes.push(chunk.maxTimeMs);
    }
  }

  /** The batch; once, at the end. */
  batch(end: Pick<SeriesBatch, 'isLast' | 'warnings'>): SeriesBatch {
    return {
      bytes: this.#bytes.view(),
      streams: this.#streams.view().slice(),
      keyLengths: this.#keyLengths.view().slice(),
      chunkCounts: this.#chunkCounts.view().slice(),
      chunkLengths: this.#chunkLengths.view().slice(),
      encodings: this.#encodings.view().slice(),
      sampleCounts: this.#sampleCounts.view().slice(),
      minTimes: this.#minTimes.view().slice(),
      maxTimes: this.#maxTimes.view().slice(),
      ...end,
    };
  }
}

/** The series of a batch; `streamLabels` by number of the stream. */
export function* seriesOfBatch(
  batch: SeriesBatch,
  streamLabels: readonly Labels[],
): Generator<SelectedSeries> {
  let at = 0;
  let chunk = 0;
  const take = (length: number): Uint8Array => {
    at += length;
    return batch.bytes.subarray(at - length, at);
  };
  for (const [i, stream] of batch.streams.entries()) {
    const labels = labelsOfKey(take(batch.keyLengths.at(i) ?? 0));
    const chunks: SelectedChunk[] = [];
    for (const end = chunk + (batch.chunkCounts.at(i) ?? 0); chunk < end; chunk++) {
      chunks.push({
        encoding: batch.encodings.at(chunk) ?? 0,
        count: batch.sampleCounts.at(chunk) ?? 0,
        minTimeMs: batch.minTimes.at(chunk) ?? 0,
        maxTimeMs: batch.maxTimes.at(chunk) ?? 0,
        bytes: take(batch.chunkLengths.at(chunk) ?? 0),
      });
    }
    yield { labels, streamLabels: streamLabels.at(stream) ?? [], chunks };
  }
}
