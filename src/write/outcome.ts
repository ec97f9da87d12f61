// What became of a write request: what the engine tells the main thread. Plain and cloneable.

import type { ErrorCode } from '../base/errors/catalogue.ts';
import type { WriteVersion } from './negotiate.ts';
import type { RefusalName } from './refusals.ts';

/** A request on its way to the engine; `body` moves by transfer. */
export interface WriteRequest {
  readonly tenant: string;
  readonly version: WriteVersion;
  /** The compressed body. */
  readonly body: ArrayBuffer;
}

/** What was refused for one reason. */
export interface RefusalCount {
  readonly reason: RefusalName;
  /** In the unit of the reason (see the catalogue): series, samples, histograms or exemplars. */
  readonly count: number;
  /** Samples and histograms lost by it, whatever the unit. */
  readonly samples: number;
  /** The labels of the first series it happened to, printable and shortened. */
  readonly example: string;
}

/** Counts of what is durable. Samples are float samples, as the specification counts them. */
export interface WrittenCounts {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

/** What the answer is made of. */
export interface WriteOutcome {
  /** Durable now, what was stored before included; exact also when `error` is there. */
  readonly written: WrittenCounts;
  readonly refused: readonly RefusalCount[];
  /** Why (a part of) the request failed as a whole; wins over `refused`. */
  readonly error?: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly retryAfterSeconds?: number;
  };
  /** For metrics. */
  readonly stats: WriteStats;
}

/** What metrics and the ledger want to know beside the answer. */
export interface WriteStats {
  /** The size of the decompressed body; 0 when it did not decompress. */
  readonly decodedBytes: number;
  readonly series: number;
  /** Series that were not in the head before. */
  readonly seriesCreated: number;
  /** Samples and histograms that had been stored before; they count as written. */
  readonly alreadyStored: number;
  /** Exemplars left out without refusing them (older than the series' newest one, say). */
  readonly exemplarsDropped: number;
  /** 2.0: samples and histograms with a start timestamp, and those whose start lies after them. */
  readonly startTimes: number;
  readonly startTimesWrong: number;
  /** Metadata entries taken. */
  readonly metadata: number;
}

/** Of a request that was not decoded. */
export const NO_STATS: WriteStats = {
  decodedBytes: 0,
  series: 0,
  seriesCreated: 0,
  alreadyStored: 0,
  exemplarsDropped: 0,
  startTimes: 0,
  startTimesWrong: 0,
  metadata: 0,
};

/** The engine as the HTTP side sees it; gateway.ts supplies it by a thread's Remote. */
export interface WriteEngine {
  /** Never rejects for what the sender did; a rejection is an engine that has failed. */
  write(request: WriteRequest): Promise<WriteOutcome>;
}
