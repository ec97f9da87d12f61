// Numbers that all chunk encodings share (docs/formats/chunks.md).

import { VarveError } from '../errors/varve-error.ts';

/** Floats: delta-of-delta times and XORed values. */
export const ENCODING_XOR = 1;
/** Native histograms with integer counts. */
export const ENCODING_HISTOGRAM = 2;
/** Native histograms with float counts. */
export const ENCODING_FLOAT_HISTOGRAM = 3;

/** The encodings that Varve writes, as the byte in front of a chunk's data. */
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

/** The sample count in the header of a chunk of any encoding. */
export function chunkCount(view: DataView, base: number): number {
  return view.getUint16(base);
}

/** Narrows an encoding byte, or throws VarveError unsupported with its name. */
export function knownEncoding(encoding: number): ChunkEncoding {
  if (
    encoding === ENCODING_XOR ||
    encoding === ENCODING_HISTOGRAM ||
    encoding === ENCODING_FLOAT_HISTOGRAM
  )
    return encoding;
  throw new VarveError('unsupported', `Chunk encoding ${encoding} cannot be read by this version.`);
}
