// Admission: a decoded request against the heads of its streams, series by series.
//
// Two passes over the columns, neither of which waits for anything. `resolve` finds (or makes) the
// series; if a stream has yet to be opened it says so, nothing has been decided, and the caller
// comes again with the request decoded anew. `admit` shows every sample to its head and counts the
// verdicts. What was stored before counts as written. A refused series takes its samples with it,
// all else is admitted (DESIGN §3, Samples).

import { U32Column } from '../base/bytes/columns.ts';
import type { SymbolTable } from '../base/bytes/symbol-table.ts';
import { ExemplarAdmission } from './admit-exemplars.ts';
import { MetadataAdmission } from './admit-metadata.ts';
import { SampleAdmission } from './admit-samples.ts';
import { type Admitted, StreamTally, Tallies } from './admitted.ts';
import { labelsAsSent } from './label-text.ts';
import { MissingStreams } from './missing-streams.ts';
import { NOT_REFUSED, type Refusal, RefusalCounters, refusal } from './refusals.ts';
import { type SeriesFinder, STREAM_MISSING } from './series-finder.ts';
import type { Streams, TenantStreams } from './streams.ts';
import type { DecodedRequest } from './wire/decoded-request.ts';

const STREAM_LIMIT = refusal('stream_limit');

/** How far ahead of the clock a sample may be, unless configured (DESIGN §3, Samples). */
export const AHEAD_MS_MAX = 10 * 60_000;

/** In the column of streams: the series is refused, or its stream could not be opened. */
const NO_STREAM = 0xffffffff;

export interface AdmissionOptions {
  readonly symbols: SymbolTable;
  readonly streams: Streams;
  readonly finder: SeriesFinder;
  /** How far ahead of the clock samples may be. */
  readonly aheadMs: number;
}

/** One per engine; keeps its columns from request to request. */
export class RequestAdmission {
  readonly #symbols: SymbolTable;
  readonly #streams: Streams;
  readonly #finder: SeriesFinder;
  readonly #aheadMs: number;
  readonly #refusals = new RefusalCounters();
  readonly #exemplars: ExemplarAdmission;
  readonly #metadata: MetadataAdmission;
  readonly #samples: SampleAdmission;
  /** Of each series: its stream's number and its slot. */
  readonly #streamOf = new U32Column(1024);
  readonly #slotOf = new U32Column(1024);
  #tallies = new Tallies();

  constructor(options: AdmissionOptions) {
    this.#symbols = options.symbols;
    this.#streams = options.streams;
    this.#finder = options.finder;
    this.#aheadMs = options.aheadMs;
    this.#samples = new SampleAdmission(options.symbols, this.#refusals);
    this.#exemplars = new ExemplarAdmission(options.symbols, this.#refusals);
    this.#metadata = new MetadataAdmission(options.symbols);
  }

  /**
   * Finds every series of the request. What comes back names the streams that must be opened first;
   * series of those in `failed` are left out.
   */
  resolve(
    request: DecodedRequest,
    tenant: TenantStreams,
    failed: ReadonlyMap<string, unknown>,
  ): MissingStreams {
    const missing = new MissingStreams(this.#symbols, this.#streams, { tenant, failed });
    this.#refusals.clear();
    this.#tallies = new Tallies();
    this.#streamOf.clear();
    this.#slotOf.clear();
    const finder = this.#finder;
    finder.begin(request, tenant);
    for (let i = 0; i < request.seriesCount; i++) {
      let reason = finder.find(request, i);
      if (reason === NOT_REFUSED && finder.stream !== undefined) {
        if (finder.isNew) this.#tallies.of(finder.stream).create();
        this.#streamOf.push(finder.stream.number);
        this.#slotOf.push(finder.slot);
        continue;
      }
      this.#streamOf.push(NO_STREAM);
      this.#slotOf.push(0);
      if (reason === STREAM_MISSING) {
        if (missing.add(finder.valueIds)) continue;
        reason = STREAM_LIMIT;
      }
      this.#refuseSeries(request, i, reason);
    }
    return missing;
  }

  /**
   * Shows the samples of the series just resolved to their heads.
   * @param nowMs the clock, which samples may be ahead of by `aheadMs`
   */
  admit(request: DecodedRequest, tenant: TenantStreams, nowMs: number): Admitted {
    this.#samples.begin(nowMs + this.#aheadMs);
    this.#exemplars.begin(nowMs + this.#aheadMs);
    this.#metadata.begin();
    let tally: StreamTally | undefined;
    for (let i = 0; i < request.seriesCount; i++) {
      const number = this.#streamOf.at(i);
      if (number === NO_STREAM) continue;
      if (tally === undefined || tally.stream.number !== number) {
        const stream = this.#streams.byNumber(number);
        if (stream === undefined) continue;
        tally = this.#tallies.of(stream);
      }
      this.#admitSeries(request, i, tally);
    }
    if (request.familyTypes.length > 0) this.#admitFamilies(request, tenant);
    return {
      tallies: this.#tallies.list,
      refused: this.#refusals.list(),
      exemplarsDropped: this.#exemplars.dropped,
    };
  }

  #admitSeries(request: DecodedRequest, index: number, tally: StreamTally): void {
    const slot = this.#slotOf.at(index);
    const { sampleStarts, histogramStarts, exemplarStarts } = request;
    const next = index + 1;
    this.#samples.aim(slot, tally);
    this.#samples.admitFloats(request, sampleStarts.at(index), sampleStarts.at(next));
    const histogram = histogramStarts.at(index);
    if (histogram < histogramStarts.at(next)) {
      this.#samples.admitHistograms(request, histogram, histogramStarts.at(next));
    }
    for (let at = exemplarStarts.at(index); at < exemplarStarts.at(next); at++) {
      this.#exemplars.admit(request, at, slot, tally);
    }
    if (request.version === 2) this.#metadata.admitSeries(request, index, slot, tally);
  }

  /** 1.0 metadata names metrics, not series: every stream of the tenant that has one gets it. */
  #admitFamilies(request: DecodedRequest, tenant: TenantStreams): void {
    for (const { stream } of tenant.known) {
      const tally = this.#tallies.list.find((one) => one.stream === stream);
      const target = tally ?? new StreamTally(stream);
      this.#metadata.admitFamilies(request, target);
      if (tally === undefined && target.metadata > 0) this.#tallies.list.push(target);
    }
  }

  #refuseSeries(request: DecodedRequest, index: number, reason: Refusal): void {
    const { sampleStarts, histogramStarts } = request;
    const samples =
      sampleStarts.at(index + 1) -
      sampleStarts.at(index) +
      (histogramStarts.at(index + 1) - histogramStarts.at(index));
    if (this.#refusals.add(reason, samples)) {
      this.#refusals.example(reason, labelsAsSent(request, index));
    }
  }
}
