// The numbers of a chunk segment file (docs/formats/chunks-segment.md).
//
//   magic, version, padding | length uvarint, encoding, data, crc32c | …

import {
  ENCODING_FLOAT_HISTOGRAM,
  ENCODING_FLOAT_HISTOGRAM_ST,
  ENCODING_HISTOGRAM,
  ENCODING_HISTOGRAM_ST,
  ENCODING_XOR,
  ENCODING_XOR2,
} from '../../base/chunk/chunk-format.ts';
import { uvarintBytes } from '../index/format.ts';

/** First four bytes of a segment. */
export const SEGMENT_MAGIC = 0x85bd40dd;
/** The only version there is. */
export const SEGMENT_VERSION = 1;
/** Magic, version and three zero bytes. */
export const SEGMENT_HEADER_BYTES = 8;
/** What Prometheus and Thanos fill a segment to. */
export const SEGMENT_BYTES_MAX = 512 * 1024 * 1024;
/** A length is a uvarint of 32 bits at most. */
export const LENGTH_BYTES_MAX = 5;
/** The encoding byte in front of a chunk's data. */
export const ENCODING_BYTES = 1;
/** The checksum behind a chunk's data. */
export const CRC_BYTES = 4;
/** No chunk is near this (120 floats take 2 KiB at most); a larger length is damage. */
export const CHUNK_BYTES_MAX = 64 * 1024 * 1024;

/** Thanos's five aggregates in one. */
export const ENCODING_AGGREGATE = 255;

/** Which of meta.json's sample counts a chunk's samples belong to. */
export function isHistogramEncoding(encoding: number): boolean {
  return (
    encoding === ENCODING_HISTOGRAM ||
    encoding === ENCODING_FLOAT_HISTOGRAM ||
    encoding === ENCODING_HISTOGRAM_ST ||
    encoding === ENCODING_FLOAT_HISTOGRAM_ST
  );
}

/** Encodings that blocks of Varve's have: those that every Prometheus 3 and every Thanos reads. */
export function isWrittenEncoding(encoding: number): boolean {
  return (
    encoding === ENCODING_XOR ||
    encoding === ENCODING_HISTOGRAM ||
    encoding === ENCODING_FLOAT_HISTOGRAM ||
    encoding === ENCODING_AGGREGATE
  );
}

/** Encodings of chunks that Varve can read, or pass on. */
export function isReadableEncoding(encoding: number): boolean {
  return isWrittenEncoding(encoding) || isHistogramEncoding(encoding) || encoding === ENCODING_XOR2;
}

/** What Prometheus reckons for a chunk when it decides whether it still fits into a segment. */
export function reckonedBytes(dataBytes: number): number {
  return LENGTH_BYTES_MAX + ENCODING_BYTES + dataBytes + CRC_BYTES;
}

/** What a chunk takes in its segment. */
export function storedBytes(dataBytes: number): number {
  return uvarintBytes(dataBytes) + ENCODING_BYTES + dataBytes + CRC_BYTES;
}
