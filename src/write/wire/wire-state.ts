// What the functions of the wire readers share while they walk one request.

import { ProtoReader } from '../../base/bytes/proto-reader.ts';
import { HistogramValue } from '../../base/chunk/histogram-value.ts';
import { DecodedRequest } from './decoded-request.ts';
import { type KnownLabels, NOTHING_KNOWN } from './known-labels.ts';
import { tooMany, type WireLimits } from './limits.ts';

/** What a histogram's message says beside the value itself. */
class HistogramSeen {
  timeMs = 0;
  startTimeMs = 0;
  zeroIsFloat = false;
  deltas = false;
  counts = false;

  clear(): void {
    this.timeMs = 0;
    this.startTimeMs = 0;
    this.zeroIsFloat = false;
    this.deltas = false;
    this.counts = false;
  }
}

/** One request's walk: where it is, what it fills, what it may hold. */
export class WireState {
  readonly proto = new ProtoReader();
  readonly request = new DecodedRequest();
  readonly limits: WireLimits;
  /** Who may know labels of the request from before. */
  known: KnownLabels = NOTHING_KNOWN;

  /** The histogram being read. */
  readonly histogram = new HistogramValue();
  readonly histogramSeen = new HistogramSeen();
  /** Spans, buckets and custom bounds so far. */
  histogramBuckets = 0;

  /** 2.0: the highest symbol that anything has referred to; checked when all symbols are known. */
  highestRef = 0;
  /** 2.0: bytes of the symbols so far. */
  symbolBytes = 0;

  // 2.0: the metadata of the series being read.
  metadataType = 0;
  metadataHelp = 0;
  metadataUnit = 0;

  constructor(limits: WireLimits) {
    this.limits = limits;
  }

  /** Begins a request whose `length` bytes stand at the start of `bytes` (slack behind them). */
  begin(version: 1 | 2, bytes: Uint8Array, view: DataView, length: number): void {
    this.request.begin(version, bytes, view, length);
    this.proto.load(view, 0);
    this.histogramBuckets = 0;
    this.highestRef = 0;
    this.symbolBytes = 0;
  }

  /** Call before a series is added. */
  countSeries(): void {
    const { limits, request } = this;
    if (request.labelStarts.length >= limits.seriesMax) tooMany('series', limits.seriesMax);
  }

  /** Call before a float or histogram is added. */
  countSample(): void {
    const { limits, request } = this;
    if (request.sampleTimes.length + request.histogramTimes.length >= limits.samplesMax) {
      tooMany('samples', limits.samplesMax);
    }
  }

  /** Call before an exemplar is added. */
  countExemplar(): void {
    const { limits, request } = this;
    if (request.exemplarTimes.length >= limits.exemplarsMax) {
      tooMany('exemplars', limits.exemplarsMax);
    }
  }

  /** Call before `count` spans, buckets or bounds are added. */
  countBuckets(count: number): void {
    this.histogramBuckets += count;
    const limit = this.limits.histogramBucketsMax;
    if (this.histogramBuckets > limit) tooMany('histogram spans and buckets', limit);
  }
}
