// Chunks out of the segment files and dumps of reference blocks, for the tests beside this file.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import { type ChunkPlace, chunkCount } from '../../../src/base/chunk/chunk-format.ts';

const SEGMENT_HEADER_BYTES = 8;
const COPIES = 'test/golden/data/chunks';
const SHARED = '../shared/golden/buckets';

/** A block's segment, and its dump where that is known. */
export interface SegmentFile {
  readonly name: string;
  readonly path: string;
  readonly dumpPath: string | undefined;
}

/** One line of a dump: a series. */
export interface DumpedSeries {
  readonly chunks: readonly DumpedChunk[];
}

export interface DumpedChunk {
  readonly encoding: number;
  readonly mint: number;
  readonly maxt: number;
  /** Floats as [time, text], histograms as [time, kind, text, layout]. */
  readonly samples: readonly (readonly [number, string, string?, string?])[];
}

/** The copies in the repository. */
export function copiedSegments(): SegmentFile[] {
  return readdirSync(COPIES)
    .filter((name) => name.endsWith('.segment'))
    .map((name) => name.slice(0, -'.segment'.length))
    .map((name) => ({
      name,
      path: `${COPIES}/${name}.segment`,
      dumpPath: `${COPIES}/${name}.ndjson.gz`,
    }));
}

/** Every segment of the shared reference data; none where that is missing. */
export function sharedSegments(): SegmentFile[] {
  if (!existsSync(SHARED)) return [];
  const files: SegmentFile[] = [];
  for (const set of readdirSync(SHARED))
    for (const block of readdirSync(`${SHARED}/${set}`)) {
      const path = `${SHARED}/${set}/${block}/chunks/000001`;
      if (existsSync(path)) files.push({ name: `${set}-${block}`, path, dumpPath: undefined });
    }
  return files;
}

/** The chunks of a segment file, checksums checked. */
export function chunksOf(path: string): ChunkPlace[] {
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const places: ChunkPlace[] = [];
  let at = SEGMENT_HEADER_BYTES;
  while (at < bytes.length) {
    let lengthBytes = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      lengthBytes |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const base = at + 1;
    const end = base + lengthBytes;
    expect(crc32c(bytes.subarray(at, end))).toBe(view.getUint32(end));
    const encoding = bytes[at]!;
    places.push({
      encoding,
      view,
      base,
      lengthBytes,
      count: chunkCount(encoding, view, base),
    });
    at = end + 4;
  }
  return places;
}

export function bytesOf(place: ChunkPlace): Uint8Array {
  const { view, base, lengthBytes } = place;
  return new Uint8Array(view.buffer, view.byteOffset + base, lengthBytes);
}

export function readDump(path: string): DumpedSeries[] {
  const text = gunzipSync(readFileSync(path)).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DumpedSeries);
}

/** The number in a dump's text, as 64 bits in hex. */
export function bitsOf(text: string): string {
  if (text.startsWith('nan:')) return text.slice('nan:'.length);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(Number(text.replace('Inf', 'Infinity')));
  return bytes.toString('hex');
}

export function hexOf(low: number, high: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}
