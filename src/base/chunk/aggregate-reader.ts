// Finds the parts of an aggregate chunk (docs/formats/aggregate-chunks.md); each is then read like
// any other chunk. Damaged bytes end in VarveError damaged_chunk, whatever they are.

import { VarveError } from '../errors/varve-error.ts';
import {
  AGGREGATES,
  type AggregateParts,
  COUNT,
  MAX,
  MIN,
  PART_BYTES_MAX,
} from './aggregate-format.ts';
import {
  type ChunkPlace,
  chunkCount,
  ENCODING_FLOAT_HISTOGRAM_ST,
  ENCODING_XOR,
  writtenEncoding,
} from './chunk-format.ts';

/** Bytes that hold the sample count of a part. */
const COUNT_BYTES = 2;

/**
 * Where the parts of the chunk at `base` are; nothing is copied.
 *
 * @throws VarveError damaged_chunk when they do not fill the chunk, or are of a kind they cannot be
 */
export function readAggregate(view: DataView, base: number, lengthBytes: number): AggregateParts {
  const end = base + lengthBytes;
  const parts: (ChunkPlace | undefined)[] = [];
  let at = base;
  for (const name of AGGREGATES) {
    let length = 0;
    let scale = 1;
    for (;;) {
      if (at >= end || scale > PART_BYTES_MAX) throw damaged(`has no length of its ${name}`);
      const byte = view.getUint8(at++);
      length += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) break;
    }
    if (length === 0) {
      parts.push(undefined);
      continue;
    }
    // The encoding byte is not counted in the length.
    if (length > end - at - 1) throw damaged(`ends inside its ${name}, of ${length} bytes`);
    if (length < COUNT_BYTES) throw damaged(`has a ${name} of ${length} bytes`);
    parts.push(partAt(view, at, length, parts.length));
    at += 1 + length;
  }
  if (at !== end) throw damaged(`has ${end - at} bytes behind its parts`);
  return parts;
}

function partAt(view: DataView, at: number, lengthBytes: number, which: number): ChunkPlace {
  const encoding = view.getUint8(at);
  const isKnown = encoding >= ENCODING_XOR && encoding <= ENCODING_FLOAT_HISTOGRAM_ST;
  const mayBeHistogram = which !== COUNT && which !== MIN && which !== MAX;
  if (!isKnown || (!mayBeHistogram && writtenEncoding(encoding) !== ENCODING_XOR))
    throw damaged(`has a ${AGGREGATES[which]} of encoding ${encoding}`);
  const base = at + 1;
  return { encoding, view, base, lengthBytes, count: chunkCount(encoding, view, base) };
}

function damaged(what: string): VarveError {
  return new VarveError('damaged_chunk', `An aggregate chunk ${what}.`);
}
