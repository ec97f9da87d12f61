// Downsampling of series in memory: raw → 5m and 5m → 1h, in samples per CPU-second (of the whole
// process, so its garbage collector counts too). The data are those of the side-by-side run: 10,000
// series of a sample a minute over 52 hours, 31.2 M samples, as `thanos compact` was measured with.
//
// The values are those that bench/compact merges and bench/side-by-side sends: of ten series six are
// integer counters, three gauges of two decimals, one stays as it is; 2.96 bytes a sample.
//
// Other work on the machine slows some slices down and not others, and the first ones run before V8
// has compiled; so the best one is given too. 500 series are made at a time, so their chunks have left
// the nearer caches when their turn comes; 20 at a time (BENCH_AT_A_TIME) gave the same figures.
//
// `node dist/bench/run.js downsample varve`. No server is started. BENCH_SERIES changes the number of
// series, BENCH_SCRIPT_ONLY=1 goes without WebAssembly.

import { ChunkBuilder } from '../../src/base/chunk/chunk-builder.ts';
import type { TimedChunk } from '../../src/base/chunk/merge-chunks.ts';
import { highBitsOf, lowBitsOf } from '../../src/base/chunk/xor-cells.ts';
import type { ChunkToWrite } from '../../src/block/block-sink.ts';
import { AggregateDownsampler } from '../../src/downsample/aggregate-series.ts';
import { RawDownsampler } from '../../src/downsample/raw-series.ts';
import type { Part } from '../side-by-side/parts.ts';
import { Values } from '../side-by-side/series.ts';

const SERIES = Number(process.env.BENCH_SERIES ?? 10_000);
const SAMPLES_EACH = 52 * 60;
const STEP_MS = 60_000;
const START_MS = 1_793_836_800_000;
const FIVE_MINUTES_MS = 300_000;
const HOUR_MS = 3_600_000;
/** Series that are in memory at a time. */
const AT_A_TIME = Number(process.env.BENCH_AT_A_TIME ?? 500);
/** Samples of a slice, whose rate is looked at on its own. */
const SLICE_SAMPLES = 500 * SAMPLES_EACH;

/** Measures Varve; there is nothing to compare with on this machine. */
export const downsample: Part = async () => {
  const values = new Values(SERIES);
  const raw = new RawDownsampler(FIVE_MINUTES_MS, {
    scriptOnly: process.env.BENCH_SCRIPT_ONLY === '1',
  });
  const aggregates = new AggregateDownsampler({ fromMs: FIVE_MINUTES_MS, toMs: HOUR_MS });
  const slice = { samples: 0, micros: 0, best: 0 };
  const totals = { samples: 0, rawBytes: 0, windows: 0, bytes: 0, rawMicros: 0, hourMicros: 0 };
  for (let first = 0; first < SERIES; first += AT_A_TIME) {
    const group: TimedChunk[][] = [];
    for (let i = first; i < Math.min(first + AT_A_TIME, SERIES); i++)
      group.push(chunksOf(i, values));
    for (const chunks of group)
      for (const { count, lengthBytes } of chunks) {
        totals.samples += count;
        totals.rawBytes += lengthBytes;
      }
    let before = process.cpuUsage();
    const made = group.map((chunks) => raw.series(chunks).map(placed));
    const micros = microsSince(before);
    totals.rawMicros += micros;
    slice.micros += micros;
    slice.samples += group.length * SAMPLES_EACH;
    if (slice.samples >= SLICE_SAMPLES) {
      slice.best = Math.max(slice.best, (slice.samples / slice.micros) * 1e6);
      slice.samples = 0;
      slice.micros = 0;
    }
    for (const { count, lengthBytes } of made.flat()) {
      totals.windows += count;
      totals.bytes += lengthBytes;
    }
    before = process.cpuUsage();
    for (const chunks of made) aggregates.series(chunks);
    totals.hourMicros += microsSince(before);
  }
  const { samples, rawBytes, windows, bytes, rawMicros, hourMicros } = totals;
  const figures = {
    downsample: {
      varve: {
        series: SERIES,
        samples,
        samplesPerCpuSecond: Math.round((samples / rawMicros) * 1e6),
        samplesPerCpuSecondBestSlice: Math.round(slice.best),
        cpuSeconds: rawMicros / 1e6,
        bytesPerRawSample: rawBytes / samples,
        windows,
        bytesPerWindow: bytes / windows,
        windowsPerCpuSecond5mTo1h: Math.round((windows / hourMicros) * 1e6),
      },
    },
  };
  console.log(figures.downsample.varve);
  return figures;
};

function microsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function chunksOf(series: number, values: Values): TimedChunk[] {
  const builder = new ChunkBuilder();
  for (let i = 0; i < SAMPLES_EACH; i++) {
    const value = values.next(series);
    builder.addFloat(START_MS + i * STEP_MS, lowBitsOf(value), highBitsOf(value));
  }
  return builder.take().map(({ bytes, ...chunk }) => ({
    ...chunk,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    base: 0,
    lengthBytes: bytes.length,
  }));
}

/** A chunk that was made, to be read. */
function placed({ bytes, sampleCount, ...chunk }: ChunkToWrite): TimedChunk {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { ...chunk, count: sampleCount, view, base: 0, lengthBytes: bytes.length };
}
