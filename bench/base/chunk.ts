// Speed of the chunk encodings: XOR appending and reading on series like those of real targets.
//
// Prints nanoseconds and million samples a second, one line per kind of series; what is measured is
// what the head does (state loaded from a packed record, appended, stored back) and what readers do.

import { performance } from 'node:perf_hooks';
import { SAMPLES_PER_CHUNK } from '../../src/base/chunk/chunk-format.ts';
import { xorAppend, xorHeaderWrite } from '../../src/base/chunk/xor-append.ts';
import { XorReader } from '../../src/base/chunk/xor-reader.ts';
import { XorState } from '../../src/base/chunk/xor-state.ts';

const CHUNKS = 2_000;
const CHUNK_BYTES = 2_048;
const ROUNDS = 12;

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
function best(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return (least * 1e6) / (CHUNKS * SAMPLES_PER_CHUNK);
}

function figures(ns: number, bytesPerSample: number): string {
  const rate = (1e3 / ns).toFixed(1).padStart(6);
  const speed = ((bytesPerSample * 1e3) / ns).toFixed(0).padStart(5);
  return `${ns.toFixed(1).padStart(6)} ns ${rate} M/s ${speed} MB/s`;
}

/** Runs the table and prints it. */
export function run(): void {
  const slab = new DataView(new SharedArrayBuffer(CHUNKS * CHUNK_BYTES));
  const lengths = new Int32Array(CHUNKS);
  const reader = new XorReader();
  for (const series of SERIES) {
    const samples = samplesOf(series);
    const encodeNs = best(() => encode(slab, samples, lengths));
    const decodeNs = best(() => decode(slab, lengths, reader));
    const perSample = lengths.reduce((sum, length) => sum + length, 0) / CHUNKS / SAMPLES_PER_CHUNK;
    console.log(
      `${series.name.padEnd(24)} ${perSample.toFixed(2).padStart(5)} B/sample` +
        `  encode ${figures(encodeNs, perSample)}  decode ${figures(decodeNs, perSample)}`,
    );
  }
}

if (process.argv[1]?.includes('base/chunk')) run();
