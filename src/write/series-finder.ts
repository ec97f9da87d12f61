// From a series of a request to its stream and slot: by the cache, else by its canonical labels.
// New series are made here, pending, in the head of their stream.

import { U32Column } from '../base/bytes/columns.ts';
import type { Hash32 } from '../base/bytes/hash32.ts';
import type { SymbolTable } from '../base/bytes/symbol-table.ts';
import { KnownSeries } from './known-series.ts';
import { type LabelLimits, LabelParser } from './label-parser.ts';
import { NOT_REFUSED, type Refusal, refusal } from './refusals.ts';
import { RequestSymbols } from './request-symbols.ts';
import { NOT_CACHED, SeriesCache } from './series-cache.ts';
import type { Stream, WriteHead } from './stream.ts';
import type { Streams, TenantStreams } from './streams.ts';
import type { DecodedRequest } from './wire/decoded-request.ts';
import { type KnownLabels, NOT_KNOWN, NOTHING_KNOWN } from './wire/known-labels.ts';

const SERIES_LIMIT = refusal('series_limit');

/** What the head says when there is no such series (src/head/verdict.ts). */
const NO_SERIES = 0xffffffff;

/** Instead of a reason: the stream of the series has yet to be opened. `valueIds` names it. */
export const STREAM_MISSING: Refusal = 0xffff;

export interface SeriesFinderOptions {
  readonly symbols: SymbolTable;
  readonly hash: Hash32;
  readonly streams: Streams;
  readonly limits: LabelLimits;
  readonly cacheBytesMax: number;
}

export class SeriesFinder {
  readonly cache: SeriesCache;
  /** Where the last series that `find` found is. */
  stream: Stream | undefined;
  slot = 0;
  /** Whether that series had to be made. */
  isNew = false;
  /** Values of the block labels of the last series that was parsed. */
  readonly valueIds = new U32Column(8);
  readonly #streams: Streams;
  readonly #parser: LabelParser;
  readonly #requestSymbols: RequestSymbols;
  readonly #known: KnownSeries;
  /** How often the cache had been emptied when the labels of the request were asked for. */
  #knownSince = 0;
  #tenant: TenantStreams | undefined;
  #owner = 0;
  /** Whether every symbol of the series was known, so that the cache was asked. */
  #hasKey = true;

  constructor(options: SeriesFinderOptions) {
    this.cache = new SeriesCache(options.hash, options.cacheBytesMax);
    this.#known = new KnownSeries(this.cache);
    this.#streams = options.streams;
    this.#parser = new LabelParser(options.symbols, {
      limits: options.limits,
      needsMetricName: true,
    });
    this.#requestSymbols = new RequestSymbols(options.symbols);
  }

  /** For decoding a request of `tenant`, which is then the next one that `begin` is called for. */
  knownLabels(tenant: TenantStreams, version: 1 | 2): KnownLabels {
    if (version === 2) return NOTHING_KNOWN;
    this.#known.begin(ownerOf(tenant, version));
    this.#knownSince = this.cache.counts.emptied;
    return this.#known;
  }

  /** The series of `request`, which belong to `tenant`, are asked for next, in their order. */
  begin(request: DecodedRequest, tenant: TenantStreams): void {
    this.#tenant = tenant;
    this.#owner = ownerOf(tenant, request.version);
    this.stream = undefined;
    this.cache.begin();
    if (request.version === 2) this.#requestSymbols.begin(request);
  }

  /** Finds or makes series number `index`: NOT_REFUSED, STREAM_MISSING or why it is refused. */
  find(request: DecodedRequest, index: number): Refusal {
    const start = request.labelStarts.at(index);
    const end = request.labelEnds.at(index);
    this.isNew = false;
    const entry = this.#cached(request, index);
    if (entry !== NOT_CACHED && this.#isThere(entry)) return NOT_REFUSED;
    const reason = this.#findByLabels(request, start, end);
    if (reason === NOT_REFUSED) this.#remember(request, index, entry);
    return reason;
  }

  /** The series' entry in the cache, or NOT_CACHED. */
  #cached(request: DecodedRequest, index: number): number {
    this.#hasKey = true;
    const start = request.labelStarts.at(index);
    const end = request.labelEnds.at(index);
    if (request.version === 1) {
      const token = request.knownLabels.at(index);
      if (token !== NOT_KNOWN && this.#knownSince === this.cache.counts.emptied) {
        return this.cache.resume(token);
      }
      return this.cache.find(this.#owner, request.view, start, end - start);
    }
    const symbols = this.#requestSymbols;
    const { cache } = this;
    const length = (end - start) * 4;
    const guess = cache.guess(this.#owner);
    if (guess !== NOT_CACHED && cache.keyLength(guess) === length) {
      const view = cache.keyView(guess);
      if (symbols.isKey(request, start, end, view, cache.keyOffset(guess))) {
        return cache.accept(guess);
      }
    }
    this.#hasKey = symbols.fillKey(request, start, end);
    if (!this.#hasKey) return NOT_CACHED;
    return cache.findOrMiss(this.#owner, symbols.key, 0, length);
  }

  /** Whether the series of a cache entry still lives where the entry says. */
  #isThere(entry: number): boolean {
    const { cache } = this;
    const number = cache.stream(entry);
    let { stream } = this;
    if (stream === undefined || stream.number !== number) {
      stream = this.#streams.byNumber(number);
      if (stream === undefined) return false;
      this.stream = stream;
    }
    const slot = cache.slot(entry);
    this.slot = slot;
    return stream.head.isLive(slot, cache.walRef(entry));
  }

  #findByLabels(request: DecodedRequest, start: number, end: number): Refusal {
    const { labels } = this.#parser;
    const reason = this.#parser.parse(request, start, end);
    if (reason !== NOT_REFUSED) return reason;
    const stream = this.#streamOfLabels();
    if (stream === undefined) return STREAM_MISSING;
    const slot = this.#slotIn(stream.head, labels.ids, labels.cellCount);
    if (slot === NO_SERIES) return SERIES_LIMIT;
    this.stream = stream;
    this.slot = slot;
    return NOT_REFUSED;
  }

  /** Takes the block labels out of the labels just parsed; the stream that they name. */
  #streamOfLabels(): Stream | undefined {
    this.valueIds.clear();
    for (const name of this.#streams.blockLabelIds) {
      this.valueIds.push(this.#parser.labels.lift(name));
    }
    return this.#tenant && this.#streams.find(this.#tenant, this.valueIds);
  }

  #slotIn(head: WriteHead, ids: Uint32Array, count: number): number {
    const found = head.findSeries(ids, count);
    if (found !== NO_SERIES) return found;
    const made = head.createSeries(ids, count);
    this.isNew = made !== NO_SERIES;
    return made;
  }

  /** Puts the series into the cache, so that it is found by its key next time. */
  #remember(request: DecodedRequest, index: number, entry: number): void {
    const { cache, stream, slot } = this;
    if (stream === undefined) return;
    // A name whose value is empty is held by nobody: its id may become another string's.
    if (request.version === 2 && this.#parser.labels.hasDropped) return;
    const start = request.labelStarts.at(index);
    const end = request.labelEnds.at(index);
    // Symbols that were new have ids now, and the cache must know where the key belongs.
    if (!this.#hasKey) entry = this.#cached(request, index);
    if (entry === NOT_CACHED) {
      entry =
        request.version === 1
          ? cache.add(this.#owner, request.view, start, end - start)
          : cache.addWhole(this.#owner, this.#requestSymbols.key, 0, (end - start) * 4);
    }
    if (entry !== NOT_CACHED) cache.place(entry, stream.number, slot, stream.head.walRef(slot));
  }
}

/** Keys of the two versions differ in kind. */
function ownerOf(tenant: TenantStreams, version: 1 | 2): number {
  return tenant.number * 2 + version - 1;
}
