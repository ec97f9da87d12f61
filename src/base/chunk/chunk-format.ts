// Numbers that all chunk encodings share (docs/formats/chunks.md).

import { VarveError } from '../errors/varve-error.ts';

/** Floats: delta-of-delta times and XORed values. */
export const ENCODING_XOR = 1;
/** Native histograms with integer counts. */
export const ENCODING_HISTOGRAM = 2;
/** Native histograms with float counts. */
export const ENCODING_FLOAT_HISTOGRAM = 3;

/** Floats, each with a start timestamp or none; of newer Prometheis, behind a feature flag. */
export const ENCODING_XOR2 = 4;
/** ENCODING_HISTOGRAM with start timestamps. */
export const ENCODING_HISTOGRAM_ST = 5;
/** ENCODING_FLOAT_HISTOGRAM with start timestamps. */
export const ENCODING_FLOAT_HISTOGRAM_ST = 6;

/**
 * The encodings that Varve writes, as the byte in front of a chunk's data: those that every
 * Prometheus 3 and every Thanos reads. Of the newer ones it only reads.
 */
export type ChunkEncoding =
  | typeof ENCODING_XOR
  | typeof ENCODING_HISTOGRAM
  | typeof ENCODING_FLOAT_HISTOGRAM;

/** Samples after which Prometheus, and so Varve, begins another chunk. */
export const SAMPLES_PER_CHUNK = 120;

/** The sample count in a chunk's header takes 16 bits. */
export const SAMPLES_PER_CHUNK_MAX = 0xffff;

/**
 * Times in a chunk never jump by more milliseconds than this, so that differences of differences
 * are exact.
 */
export const TIME_JUMP_MAX_MS = 2 ** 51;

/** Bytes of the header of a histogram chunk: sample count, flags. */
export const HISTOGRAM_HEADER_BYTES = 3;

/** Nobody knows whether there was a counter reset before this histogram chunk. */
export const HEADER_UNKNOWN = 0x00;
/** There was no counter reset before this histogram chunk. */
export const HEADER_NO_RESET = 0x40;
/** A counter reset is why this histogram chunk was begun. */
export const HEADER_RESET = 0x80;
/** The histograms of this chunk are gauges. */
export const HEADER_GAUGE = 0xc0;
/** The bits of the flags byte that say one of these four. */
export const HEADER_RESET_MASK = 0xc0;

/** Where the bytes of a chunk are, in a slab or a file, and what is known besides them. */
export interface ChunkPlace {
  readonly encoding: number;
  readonly view: DataView;
  /** The first byte of the chunk's data, its header. */
  readonly base: number;
  readonly lengthBytes: number;
  /** Samples to be read. In the head the published count, else what chunkCount says. */
  readonly count: number;
}

/** Histogram chunks with start timestamps keep the flags in the upper two bits of the count. */
const COUNT_MASK_ST = 0x3fff;

/** The sample count in the header of a chunk of any encoding. */
export function chunkCount(encoding: number, view: DataView, base: number): number {
  const count = view.getUint16(base);
  return isHistogramWithStarts(encoding) ? count & COUNT_MASK_ST : count;
}

/** Histogram chunks with start timestamps: another header, something behind each sample. */
export function isHistogramWithStarts(encoding: number): boolean {
  return encoding === ENCODING_HISTOGRAM_ST || encoding === ENCODING_FLOAT_HISTOGRAM_ST;
}

/**
 * The encoding in which Varve writes the samples of a chunk of `encoding`: the same, or that
 * without start timestamps. Throws VarveError unsupported, with the number, for one that it cannot
 * even read.
 */
export function writtenEncoding(encoding: number): ChunkEncoding {
  switch (encoding) {
    case ENCODING_XOR:
    case ENCODING_XOR2:
      return ENCODING_XOR;
    case ENCODING_HISTOGRAM:
    case ENCODING_HISTOGRAM_ST:
      return ENCODING_HISTOGRAM;
    case ENCODING_FLOAT_HISTOGRAM:
    case ENCODING_FLOAT_HISTOGRAM_ST:
      return ENCODING_FLOAT_HISTOGRAM;
    default:
      throw new VarveError(
        'unsupported',
        `Chunk encoding ${encoding} cannot be read by this version.`,
      );
  }
}
