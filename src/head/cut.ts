// Cutting, in the job thread: a snapshot of a head becomes the symbols, series and chunks of a
// block.
//
// Chunks of a series that do not overlap pass through byte by byte; the others (late samples) are
// merged by samples. Invariant: what goes into the sink is exactly what the snapshot names.

import type { F64Column, U32Column } from '../base/bytes/columns.ts';
import { ArenaReader } from '../base/bytes/slab-arena.ts';
import { mergeChunks, type TimedChunk } from '../base/chunk/merge-chunks.ts';
import type { BlockSink, ChunkToWrite } from '../block/block-sink.ts';
import { columnOf, LabelRanks, timesOf } from './label-ranks.ts';
import type { CutSnapshot, CutSummary } from './snapshot.ts';

/** Writes all symbols, then all series in order. */
export function writeCut(snapshot: CutSnapshot, sink: BlockSink): CutSummary {
  const ranks = new LabelRanks(snapshot);
  for (const symbol of ranks.symbols) sink.addSymbol(ranks.bytesOf(symbol));
  const chunks = new SnapshotChunks(snapshot);
  const addresses = columnOf(snapshot.labelAddresses);
  const counts = columnOf(snapshot.labelCounts);
  const summary = {
    series: 0,
    chunks: 0,
    samples: 0,
    minTimeMs: Number.POSITIVE_INFINITY,
    maxTimeMs: Number.NEGATIVE_INFINITY,
  };
  for (const index of ranks.seriesInOrder(snapshot)) {
    const ready = chunks.of(index);
    sink.addSeries(ranks.labelsOf(addresses.at(index), counts.at(index)), ready);
    summary.series++;
    for (const chunk of ready) {
      summary.chunks++;
      summary.samples += chunk.sampleCount;
      summary.minTimeMs = Math.min(summary.minTimeMs, chunk.minTimeMs);
      summary.maxTimeMs = Math.max(summary.maxTimeMs, chunk.maxTimeMs);
    }
  }
  return summary;
}

/** The chunks of a snapshot by series, by time and without overlaps. */
class SnapshotChunks {
  readonly #arena: ArenaReader;
  readonly #starts: U32Column;
  readonly #addresses: U32Column;
  readonly #lengths: U32Column;
  readonly #counts: U32Column;
  readonly #encodings: U32Column;
  readonly #minTimes: F64Column;
  readonly #maxTimes: F64Column;

  constructor(snapshot: CutSnapshot) {
    this.#arena = new ArenaReader(snapshot.slabs);
    this.#starts = columnOf(snapshot.chunkStarts);
    this.#addresses = columnOf(snapshot.chunkAddresses);
    this.#lengths = columnOf(snapshot.chunkLengths);
    this.#counts = columnOf(snapshot.chunkCounts);
    this.#encodings = columnOf(snapshot.chunkEncodings);
    this.#minTimes = timesOf(snapshot.chunkMinTimes);
    this.#maxTimes = timesOf(snapshot.chunkMaxTimes);
  }

  /** What series number `index` stores. */
  of(index: number): ChunkToWrite[] {
    const places: TimedChunk[] = [];
    for (let i = this.#starts.at(index); i < this.#starts.at(index + 1); i++)
      places.push(this.#place(i));
    places.sort((a, b) => a.minTimeMs - b.minTimeMs);
    if (!overlap(places)) return passThrough(places);
    return mergeChunks(places).map((chunk) => ({
      minTimeMs: chunk.minTimeMs,
      maxTimeMs: chunk.maxTimeMs,
      encoding: chunk.encoding,
      sampleCount: chunk.count,
      bytes: chunk.bytes,
    }));
  }

  #place(index: number): TimedChunk {
    const address = this.#addresses.at(index);
    return {
      encoding: this.#encodings.at(index),
      view: this.#arena.view(address),
      base: this.#arena.offset(address),
      lengthBytes: this.#lengths.at(index),
      count: this.#counts.at(index),
      minTimeMs: this.#minTimes.at(index),
      maxTimeMs: this.#maxTimes.at(index),
    };
  }
}

/** Chunks by first time: does one begin before the one before it has ended? */
function overlap(places: readonly TimedChunk[]): boolean {
  let endMs = Number.NEGATIVE_INFINITY;
  for (const { minTimeMs, maxTimeMs } of places) {
    if (minTimeMs <= endMs) return true;
    endMs = maxTimeMs;
  }
  return false;
}

/** Copies, because other threads free the originals; the counts in the headers are made right. */
function passThrough(places: readonly TimedChunk[]): ChunkToWrite[] {
  const total = places.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
  const bytes = new Uint8Array(total);
  const header = new DataView(bytes.buffer);
  let at = 0;
  return places.map(({ view, base, lengthBytes, minTimeMs, maxTimeMs, encoding, count }) => {
    bytes.set(new Uint8Array(view.buffer, view.byteOffset + base, lengthBytes), at);
    header.setUint16(at, count);
    at += lengthBytes;
    const own = bytes.subarray(at - lengthBytes, at);
    return { minTimeMs, maxTimeMs, encoding, sampleCount: count, bytes: own };
  });
}
