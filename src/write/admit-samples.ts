// Shows floats and histograms to their heads and counts the verdicts. The hottest loop of writing:
// no object, closure or string per sample.

import type { SymbolTable } from '../base/bytes/symbol-table.ts';
import { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { StreamTally } from './admitted.ts';
import { histogramRefusal } from './histogram-refusals.ts';
import { labelsOfSlot } from './label-text.ts';
import { type Refusal, type RefusalCounters, refusal } from './refusals.ts';
import type { DecodedRequest } from './wire/decoded-request.ts';

const TOO_OLD = refusal('too_old');
const TOO_FAR_AHEAD = refusal('too_far_ahead');
const DUPLICATE = refusal('duplicate');
const TIME_OUT_OF_RANGE = refusal('time_out_of_range');

// Verdicts of the head (src/head/verdict.ts).
const VERDICT_ADMITTED = 0;
const VERDICT_ALREADY_STORED = 1;
const VERDICT_DUPLICATE = 2;

export class SampleAdmission {
  readonly #symbols: SymbolTable;
  readonly #refusals: RefusalCounters;
  readonly #histogram = new HistogramValue();
  #latestMs = 0;
  #slot = 0;
  #tally: StreamTally | undefined;

  constructor(symbols: SymbolTable, refusals: RefusalCounters) {
    this.#symbols = symbols;
    this.#refusals = refusals;
  }

  /** A request begins whose samples may have times up to `latestMs`. */
  begin(latestMs: number): void {
    this.#latestMs = latestMs;
  }

  /** What is admitted next belongs to this series. */
  aim(slot: number, tally: StreamTally): void {
    this.#slot = slot;
    this.#tally = tally;
  }

  /** Floats `start` to `end` (exclusive) of the request. */
  admitFloats(request: DecodedRequest, start: number, end: number): void {
    const tally = this.#tally;
    if (tally === undefined) return;
    const { head } = tally.stream;
    const { sampleTimes, sampleLows, sampleHighs, sampleStartTimes } = request;
    for (let at = start; at < end; at++) {
      const timeMs = sampleTimes.at(at);
      if (!this.#isInTime(timeMs)) continue;
      const startMs = sampleStartTimes.at(at);
      if (startMs !== 0) countStart(tally, startMs, timeMs);
      const verdict = head.admitFloat(this.#slot, timeMs, sampleLows.at(at), sampleHighs.at(at));
      if (verdict === VERDICT_ADMITTED) {
        tally.samples++;
        tally.hasAdmitted = true;
      } else if (verdict === VERDICT_ALREADY_STORED) {
        tally.samples++;
        tally.alreadyStored++;
      } else {
        this.#refuse(verdict === VERDICT_DUPLICATE ? DUPLICATE : TOO_OLD);
      }
    }
  }

  /** Histograms `start` to `end` (exclusive) of the request. */
  admitHistograms(request: DecodedRequest, start: number, end: number): void {
    const tally = this.#tally;
    if (tally === undefined) return;
    const { histogramTimes, histogramStartTimes, histogramFaults, histograms } = request;
    for (let at = start; at < end; at++) {
      const timeMs = histogramTimes.at(at);
      const fault = histogramFaults.at(at);
      if (fault !== 0) {
        this.#refuse(histogramRefusal(fault));
        continue;
      }
      if (!this.#isInTime(timeMs)) continue;
      const startMs = histogramStartTimes.at(at);
      if (startMs !== 0) countStart(tally, startMs, timeMs);
      histograms.load(at, this.#histogram);
      const verdict = tally.stream.head.admitHistogram(this.#slot, timeMs, this.#histogram);
      if (verdict === VERDICT_ADMITTED) {
        tally.histograms++;
        tally.hasAdmitted = true;
      } else if (verdict === VERDICT_ALREADY_STORED) {
        tally.histograms++;
        tally.alreadyStored++;
      } else {
        this.#refuse(verdict === VERDICT_DUPLICATE ? DUPLICATE : TOO_OLD);
      }
    }
  }

  /** Times beyond ±2^53 came as ±Infinity; a NaN cannot come. */
  #isInTime(timeMs: number): boolean {
    if (timeMs <= this.#latestMs && timeMs !== Number.NEGATIVE_INFINITY) return true;
    this.#refuse(Number.isFinite(timeMs) ? TOO_FAR_AHEAD : TIME_OUT_OF_RANGE);
    return false;
  }

  #refuse(reason: Refusal): void {
    if (this.#refusals.add(reason, 1) && this.#tally !== undefined) {
      const labels = labelsOfSlot(this.#tally.stream, this.#slot, this.#symbols);
      this.#refusals.example(reason, labels);
    }
  }
}

/** Start timestamps are checked and counted, not stored; a wrong one does not cost the sample. */
function countStart(tally: StreamTally, startMs: number, timeMs: number): void {
  tally.startTimes++;
  if (!(startMs <= timeMs) || startMs === Number.NEGATIVE_INFINITY) tally.startTimesWrong++;
}
