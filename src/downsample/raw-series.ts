// Raw samples of one series into aggregate chunks (docs/formats/aggregate-chunks.md).

import { ENCODING_XOR, writtenEncoding } from '../base/chunk/chunk-format.ts';
import { FloatSamples } from '../base/chunk/float-samples.ts';
import type { TimedChunk } from '../base/chunk/merge-chunks.ts';
import type { ChunkToWrite } from '../block/block-sink.ts';
import { floatBatch } from './float-batch.ts';
import { FloatChunk } from './float-chunk.ts';
import { HistogramRuns } from './histogram-runs.ts';
import { batchEnds } from './windows.ts';

/** Makes aggregates, series by series; its memory is used again. */
export class RawDownsampler {
  readonly #resolutionMs: number;
  readonly #samples: FloatSamples;
  readonly #chunk = new FloatChunk();
  readonly #histograms: HistogramRuns;

  /**
   * @param resolutionMs the length of a window: 300,000, or 3,600,000 from what has no 5m
   * @param options `scriptOnly`: without WebAssembly, as where there is none
   */
  constructor(resolutionMs: number, { scriptOnly = false } = {}) {
    this.#resolutionMs = resolutionMs;
    this.#samples = new FloatSamples({ withKernel: !scriptOnly });
    this.#histograms = new HistogramRuns(resolutionMs);
  }

  /**
   * The aggregates of a series, by time, not overlapping; none when it has only stale markers and
   * NaNs.
   *
   * @param chunks of encodings 1 to 6, by time, not overlapping
   * @throws VarveError damaged_chunk also where times do not rise; unsupported for other encodings
   */
  series(chunks: readonly TimedChunk[]): readonly ChunkToWrite[] {
    const made: ChunkToWrite[] = [];
    let run: TimedChunk[] = [];
    let isFloatRun = true;
    // Floats and histograms of one series each have aggregates of their own kind.
    for (const chunk of chunks) {
      const isFloat = writtenEncoding(chunk.encoding) === ENCODING_XOR;
      if (isFloat !== isFloatRun) {
        this.#run(run, isFloatRun, made);
        run = [];
        isFloatRun = isFloat;
      }
      run.push(chunk);
    }
    this.#run(run, isFloatRun, made);
    return made;
  }

  #run(chunks: readonly TimedChunk[], areFloats: boolean, into: ChunkToWrite[]): void {
    if (areFloats) this.#floats(chunks, into);
    else this.#histograms.add(chunks, into);
  }

  #floats(chunks: readonly TimedChunk[], into: ChunkToWrite[]): void {
    const samples = this.#samples;
    samples.clear();
    for (const chunk of chunks) samples.append(chunk);
    let start = 0;
    for (const end of batchEnds(samples.times(), this.#resolutionMs)) {
      const made = floatBatch(
        { samples, start, end, resolutionMs: this.#resolutionMs },
        this.#chunk,
      );
      if (made !== undefined) into.push(made);
      start = end;
    }
  }
}
