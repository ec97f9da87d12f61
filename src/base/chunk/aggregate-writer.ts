// Puts the parts of an aggregate chunk together (docs/formats/aggregate-chunks.md).

import { assert } from '../errors/assert.ts';
import { AGGREGATES } from './aggregate-format.ts';

/** A part: a chunk's data, header included, and the encoding byte in front of it. */
export interface AggregatePart {
  readonly encoding: number;
  readonly bytes: Uint8Array;
}

/**
 * The data of a chunk of these parts, by COUNT, SUM, …; undefined for one that it has not.
 */
export function writeAggregate(parts: readonly (AggregatePart | undefined)[]): Uint8Array {
  assert(parts.length === AGGREGATES.length, 'an aggregate chunk has a place for each part');
  let size = 0;
  for (const part of parts) size += lengthBytes(part?.bytes.length ?? 0) + storedBytes(part);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    let length = part?.bytes.length ?? 0;
    for (; length > 0x7f; length = Math.floor(length / 0x80)) bytes[at++] = (length & 0x7f) | 0x80;
    bytes[at++] = length;
    if (part === undefined) continue;
    bytes[at++] = part.encoding;
    bytes.set(part.bytes, at);
    at += part.bytes.length;
  }
  return bytes;
}

function storedBytes(part: AggregatePart | undefined): number {
  return part === undefined ? 0 : 1 + part.bytes.length;
}

function lengthBytes(length: number): number {
  let bytes = 1;
  for (; length > 0x7f; length = Math.floor(length / 0x80)) bytes++;
  return bytes;
}
