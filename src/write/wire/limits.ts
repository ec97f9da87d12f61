// What one remote-write request may hold. A request over one of these is refused as a whole with
// `body_too_large` (413); each limit is checked before the memory for it is taken.
// Limits of a single series (labels, lengths of names and values) are admission's, not the wire's.

import { VarveError } from '../../base/errors/varve-error.ts';

/** The limits of a request; each is the highest that is still accepted. */
export interface WireLimits {
  /** Bytes of the body as it arrives. */
  readonly compressedBytesMax: number;
  /** Bytes of the body once decompressed. */
  readonly decodedBytesMax: number;
  readonly seriesMax: number;
  /** Floats and histograms together. */
  readonly samplesMax: number;
  readonly exemplarsMax: number;
  /** 1.0: metadata of metric families. */
  readonly metadataMax: number;
  /** 2.0: entries of the symbol table. */
  readonly symbolsMax: number;
  /** 2.0: bytes of all symbols. */
  readonly symbolBytesMax: number;
  /** 2.0: label references of all series and exemplars; two make a label. */
  readonly labelRefsMax: number;
  /** Spans, buckets and custom bounds of all histograms together. */
  readonly histogramBucketsMax: number;
}

/** DESIGN §3 where it names a figure; the others bound memory well above what senders send. */
export const DEFAULT_WIRE_LIMITS: WireLimits = {
  compressedBytesMax: 16 * 1024 * 1024,
  decodedBytesMax: 64 * 1024 * 1024,
  seriesMax: 200_000,
  samplesMax: 1_000_000,
  exemplarsMax: 200_000,
  metadataMax: 200_000,
  symbolsMax: 2_000_000,
  symbolBytesMax: 32 * 1024 * 1024,
  labelRefsMax: 8_000_000,
  histogramBucketsMax: 4_000_000,
};

/** The request holds more than `limit` of `what`. */
export function tooMany(what: string, limit: number): never {
  throw new VarveError(
    'body_too_large',
    `the request holds more than the limit of ${limit} ${what}`,
  );
}
