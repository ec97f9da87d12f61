// Speed of the chunk encodings: XOR appending and reading on series like those of real targets.
//
// Prints nanoseconds and million samples a second, one line per kind of series; what is measured is
// what the head does with a series at hand, and what readers do.

import { performance } from 'node:perf_hooks';
import { ChunkBuilder, type MadeChunk } from '../../src/base/chunk/chunk-builder.ts';
import { SAMPLES_PER_CHUNK } from '../../src/base/chunk/chunk-format.ts';
import { ChunkReader } from '../../src/base/chunk/chunk-reader.ts';
import { HistogramBatch } from '../../src/base/chunk/histogram-batch.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import { xorAppend, xorHeaderWrite } from '../../src/base/chunk/xor-append.ts';
import { XorReader } from '../../src/base/chunk/xor-reader.ts';
import { XorState } from '../../src/base/chunk/xor-state.ts';

const CHUNKS = 2_000;
const CHUNK_BYTES = 2_048;
const ROUNDS = 30;
const HISTOGRAM_CHUNKS = 200;
const HISTOGRAM_BUCKETS = 20;

interface Series {
  readonly name: string;
  readonly value: (index: number, random: () => number) => number;
  readonly jitterMs: number;
}

/** A small generator with a fixed seed, so that every run measures the same data. */
function generator(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 0x1_0000_0000;
  };
}

const SERIES: readonly Series[] = [
  { name: 'constant gauge', value: () => 42, jitterMs: 0 },
  { name: 'integer counter', value: (i, r) => i * 100 + Math.floor(r() * 50), jitterMs: 0 },
  { name: 'integer counter, jitter', value: (i, r) => i * 100 + Math.floor(r() * 50), jitterMs: 4 },
  { name: 'float counter', value: (i, r) => i * 1.37 + r() * 0.01, jitterMs: 0 },
  { name: 'noisy gauge', value: (_, r) => Math.round(r() * 1000) / 10, jitterMs: 2 },
  { name: 'random bits', value: (_, r) => r() * 2 ** (r() * 100), jitterMs: 0 },
];

interface Samples {
  readonly times: Float64Array;
  readonly lows: Int32Array;
  readonly highs: Int32Array;
}

function samplesOf(series: Series): Samples {
  const total = CHUNKS * SAMPLES_PER_CHUNK;
  const random = generator(7);
  const halves = new DataView(new ArrayBuffer(8));
  const samples = {
    times: new Float64Array(total),
    lows: new Int32Array(total),
    highs: new Int32Array(total),
  };
  for (let i = 0; i < total; i++) {
    samples.times[i] = 1.7e12 + i * 15_000 + Math.floor(random() * series.jitterMs);
    halves.setFloat64(0, series.value(i, random));
    samples.highs[i] = halves.getInt32(0);
    samples.lows[i] = halves.getInt32(4);
  }
  return samples;
}

/** Appends all chunks; the last lengths are left in `lengths`. */
function encode(slab: DataView, samples: Samples, lengths: Int32Array): void {
  const state = new XorState();
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    const base = chunk * CHUNK_BYTES;
    state.clear();
    const first = chunk * SAMPLES_PER_CHUNK;
    for (let i = first; i < first + SAMPLES_PER_CHUNK; i++)
      xorAppend(slab, base, state, samples.times[i]!, samples.lows[i]!, samples.highs[i]!);
    xorHeaderWrite(slab, base, state.count);
    lengths[chunk] = state.lengthBytes;
  }
}

function decode(slab: DataView, lengths: Int32Array, reader: XorReader): number {
  let sum = 0;
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    reader.reset(slab, chunk * CHUNK_BYTES, lengths[chunk]!, SAMPLES_PER_CHUNK);
    while (reader.next()) sum += reader.timeMs + (reader.low ^ reader.high);
  }
  return sum;
}

/** The best of several rounds, in nanoseconds a sample. */
function best(samples: number, work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return (least * 1e6) / samples;
}

function figures(ns: number, bytesPerSample: number): string {
  const rate = (1e3 / ns).toFixed(1).padStart(6);
  const speed = ((bytesPerSample * 1e3) / ns).toFixed(0).padStart(5);
  return `${ns.toFixed(1).padStart(6)} ns ${rate} M/s ${speed} MB/s`;
}

/** A histogram of 20 buckets that grows from sample to sample. */
function growHistogram(value: HistogramValue, index: number, random: () => number): void {
  value.clear();
  value.zeroThreshold = 2 ** -128;
  value.positiveSpanOffsets.push(-4);
  value.positiveSpanLengths.push(HISTOGRAM_BUCKETS);
  let before = 0;
  for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
    const count = index * (bucket + 3) + Math.floor(random() * 3);
    value.positiveBuckets.push(count - before);
    value.count += count;
    before = count;
  }
  value.sumHigh = (0x40a00000 + index * 77) >>> 0;
  value.sumLow = Math.floor(random() * 2 ** 32);
}

/** Appending and reading integer histograms; the same figures. */
function runHistograms(): void {
  const samples = HISTOGRAM_CHUNKS * SAMPLES_PER_CHUNK;
  const batch = new HistogramBatch();
  const value = new HistogramValue();
  const random = generator(7);
  for (let i = 0; i < samples; i++) {
    growHistogram(value, i, random);
    batch.push(value);
  }
  const chunks = new Map<number, MadeChunk>();
  const encodeNs = best(samples, () => {
    const builder = new ChunkBuilder();
    for (let i = 0; i < samples; i++) {
      batch.load(i, value);
      builder.addHistogram(i * 15_000, value);
    }
    builder.take().forEach((chunk, i) => {
      chunks.set(i, chunk);
    });
  });
  let bytes = 0;
  for (const chunk of chunks.values()) bytes += chunk.bytes.length;
  const reader = new ChunkReader();
  const decodeNs = best(samples, () => {
    for (const { encoding, bytes, count } of chunks.values()) {
      const view = new DataView(bytes.buffer);
      reader.open({ encoding, view, base: 0, lengthBytes: bytes.length, count });
      while (reader.next()) reader.load(value);
    }
  });
  print(`histogram, ${HISTOGRAM_BUCKETS} buckets`, bytes / samples, encodeNs, decodeNs);
}

function print(name: string, perSample: number, encodeNs: number, decodeNs: number): void {
  console.log(
    `${name.padEnd(24)} ${perSample.toFixed(2).padStart(5)} B/sample` +
      `  encode ${figures(encodeNs, perSample)}  decode ${figures(decodeNs, perSample)}`,
  );
}

/** Runs the table and prints it. */
export function run(): void {
  const slab = new DataView(new SharedArrayBuffer(CHUNKS * CHUNK_BYTES));
  const lengths = new Int32Array(CHUNKS);
  const reader = new XorReader();
  for (const series of SERIES) {
    const samples = samplesOf(series);
    const encodeNs = best(CHUNKS * SAMPLES_PER_CHUNK, () => encode(slab, samples, lengths));
    const decodeNs = best(CHUNKS * SAMPLES_PER_CHUNK, () => decode(slab, lengths, reader));
    const perSample = lengths.reduce((sum, length) => sum + length, 0) / CHUNKS / SAMPLES_PER_CHUNK;
    print(series.name, perSample, encodeNs, decodeNs);
  }
  runHistograms();
}

if (process.argv[1]?.includes('base/chunk')) run();
