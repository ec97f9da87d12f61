// The bytes of one request, from a source that can be read more than once: looked at first for the
// digests that go into the headers, then sent in pieces. A part is never held in memory.
//
// Invariant: the last piece is handed out only when all of it is what was promised: the length, and
// the checksum where one is known. A request that lacks its end stores nothing, whatever the store
// itself checks.

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32c } from '../../src/base/bytes/crc32c.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { CallOptions, PutSource } from '../../src/bucket/bucket.ts';
import { untilAborted } from '../told.ts';

/** A part of a source, or all of it. */
export interface SourcePart {
  readonly source: PutSource;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Which digests are wanted beside the CRC32C, which is always taken. */
export interface WantedDigests {
  readonly md5: boolean;
  readonly sha256: boolean;
}

/** What a part has; of the wanted ones. */
export interface PartDigests {
  readonly crc32c: number;
  /** Base64, for Content-MD5. */
  readonly md5: string | undefined;
  /** Hexadecimal, for the signature. */
  readonly sha256: string | undefined;
}

/** Bytes of a body that wait to be written to the connection. */
const WAITING_BYTES = 256 * 1024;

/** Reads the part once. @throws VarveError `damaged_object` when the source gives another length */
export async function digestPart(
  part: SourcePart,
  wanted: WantedDigests,
  options: CallOptions,
): Promise<PartDigests> {
  const md5 = wanted.md5 ? createHash('md5') : undefined;
  const sha256 = wanted.sha256 ? createHash('sha256') : undefined;
  let crc = 0;
  for await (const piece of wholePart(part, undefined, options)) {
    crc = crc32c(piece, crc);
    md5?.update(piece);
    sha256?.update(piece);
  }
  return { crc32c: crc, md5: md5?.digest('base64'), sha256: sha256?.digest('hex') };
}

/**
 * The part as a stream for a request.
 * @param expectedCrc32c what the bytes must have; undefined when nobody knows
 * @param onPiece told of the bytes as they are handed out
 */
export function partStream(
  part: SourcePart,
  expectedCrc32c: number | undefined,
  onPiece: (sizeBytes: number) => void,
): Readable {
  const pieces = async function* () {
    for await (const piece of wholePart(part, expectedCrc32c, {})) {
      onPiece(piece.length);
      yield piece;
    }
  };
  return Readable.from(pieces(), { objectMode: false, highWaterMark: WAITING_BYTES });
}

/** The pieces of a part, the last of them only when all of it is as promised. */
async function* wholePart(
  { source, offset, sizeBytes }: SourcePart,
  expectedCrc32c: number | undefined,
  options: CallOptions,
): AsyncIterable<Uint8Array> {
  let got = 0;
  let crc = 0;
  let held: Uint8Array | undefined;
  for await (const piece of untilAborted(source.read(offset, sizeBytes), options)) {
    if (piece.length === 0) continue;
    got += piece.length;
    if (got > sizeBytes) break;
    if (expectedCrc32c !== undefined) crc = crc32c(piece, crc);
    if (held !== undefined) yield held;
    held = piece;
  }
  if (got !== sizeBytes) {
    const gave = got > sizeBytes ? 'more' : `${got}`;
    throw new VarveError('damaged_object', `the source gave ${gave} bytes instead of ${sizeBytes}`);
  }
  if (expectedCrc32c !== undefined && crc !== expectedCrc32c) {
    throw new VarveError('damaged_object', 'the source gave other bytes than their CRC32C says');
  }
  if (held !== undefined) yield held;
}
